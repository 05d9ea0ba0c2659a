/** An entry of the audit trail as routes show it. */
export const auditEntrySchema = {
  $id: 'AuditEntry',
  type: 'object',
  description: 'What an admin did.',
  additionalProperties: false,
  required: ['id', 'at', 'actorId', 'action', 'subject', 'details'],
  properties: {
    id: { type: 'integer', minimum: 1 },
    at: { type: 'string', format: 'date-time' },
    actorId: { type: ['integer', 'null'], minimum: 1, description: 'Null when it was not a user.' },
    action: { type: 'string', minLength: 1 },
    subject: { type: 'string', minLength: 1 },
    details: { type: 'object', additionalProperties: true },
  },
  examples: [
    {
      id: 1,
      at: '2026-01-05T09:30:00.000Z',
      actorId: 1,
      action: 'user.change-role',
      subject: 'user:2',
      details: { role: 'user' },
    },
  ],
} as const;
