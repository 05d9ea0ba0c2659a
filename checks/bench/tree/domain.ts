/** What a generated domain is called and made of; drawn once, written by the templates beside it. */
import type { Draw } from './draw.ts';

export interface Field {
  name: string;
  type: string;
  /** An expression of that type. */
  sample: string;
  numeric: boolean;
}

export interface Domain {
  /** `invoice3`: folder and variable. */
  id: string;
  /** `Invoice3`: types and classes. */
  name: string;
  group: number;
  fields: Field[];
  statuses: string[];
  /** Domains of the same group whose services this one calls. */
  uses: Domain[];
  /** A domain of an earlier group of which it knows types and rules only. */
  knows: Domain | undefined;
}

const NOUNS =
  'invoice shipment payment customer order product ticket account booking carrier warehouse supplier contract refund voucher campaign message profile session device sensor report tariff route vehicle driver depot batch recipe lesson course student teacher exam clinic patient visit claim policy quote'.split(
    ' ',
  );
const STATUSES = 'draft open pending approved active paused rejected shipped settled closed archived'.split(
  ' ',
);
const FIELDS: readonly Field[] = [
  { name: 'title', type: 'string', sample: "'untitled'", numeric: false },
  { name: 'reference', type: 'string', sample: "'none'", numeric: false },
  { name: 'amount', type: 'number', sample: '0', numeric: true },
  { name: 'quantity', type: 'number', sample: '1', numeric: true },
  { name: 'weightKg', type: 'number', sample: '2.5', numeric: true },
  { name: 'discount', type: 'number', sample: '0.1', numeric: true },
  { name: 'dueAt', type: 'Date | undefined', sample: 'undefined', numeric: false },
  { name: 'tags', type: 'readonly string[]', sample: '[]', numeric: false },
  {
    name: 'address',
    type: '{ street: string; city: string; zip: string }',
    sample: "{ street: '', city: '', zip: '' }",
    numeric: false,
  },
  { name: 'notes', type: 'string | null', sample: 'null', numeric: false },
  { name: 'priority', type: "'low' | 'normal' | 'high'", sample: "'normal'", numeric: false },
  { name: 'attributes', type: 'Record<string, string | number>', sample: '{}', numeric: false },
  { name: 'retries', type: 'number', sample: '0', numeric: true },
  { name: 'enabled', type: 'boolean', sample: 'true', numeric: false },
];
/** Domains that are composed together. */
export const GROUP_SIZE = 20;

export function drawDomain(draw: Draw, index: number, earlier: readonly Domain[]): Domain {
  const noun = NOUNS[index % NOUNS.length] ?? 'thing';
  const round = Math.floor(index / NOUNS.length);
  const id = round === 0 ? noun : `${noun}${round + 1}`;
  const group = Math.floor(index / GROUP_SIZE);
  return {
    id,
    name: id.charAt(0).toUpperCase() + id.slice(1),
    group,
    fields: withNumber(draw.some(FIELDS, draw.between(5, 9))),
    statuses: draw.some(STATUSES, draw.between(3, 6)),
    uses: draw.some(
      earlier.filter((each) => each.group === group),
      draw.between(0, 3),
    ),
    knows: group === 0 ? undefined : draw.one(earlier.filter((each) => each.group < group)),
  };
}

function withNumber(fields: Field[]): Field[] {
  if (fields.filter((each) => each.numeric).length > 0) return fields;
  return [...fields, ...FIELDS.slice(2, 3)];
}
