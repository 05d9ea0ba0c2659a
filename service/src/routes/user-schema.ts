/** A user as routes show it: never with the password's hash. */
export const userSchema = {
  $id: 'User',
  type: 'object',
  additionalProperties: false,
  required: ['id', 'email', 'role', 'isAdmin', 'createdAt'],
  properties: {
    id: { type: 'integer', minimum: 1 },
    email: { type: 'string', format: 'email' },
    role: { type: 'string', enum: ['user', 'admin'] },
    isAdmin: { type: 'boolean', description: 'An admin whatever the role.' },
    createdAt: { type: 'string', format: 'date-time' },
  },
  examples: [
    {
      id: 1,
      email: 'trader@example.com',
      role: 'user',
      isAdmin: false,
      createdAt: '2026-01-05T09:30:00.000Z',
    },
  ],
} as const;
