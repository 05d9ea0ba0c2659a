/**
 * What schema validators of OpenAPI documents do not see: checks across the parts of a valid document.
 * Pure; used by `document.ts`.
 */
import {
  escapeSegment,
  follow,
  isJsonType,
  isObject,
  listOperations,
  mediaTypeOf,
  templateNames,
} from './openapi.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { declaredResponses, declaredContents } from './responses.ts';
import { isEmptySchema } from './schema-reading.ts';
import { createSchemaValidator } from './schema-validator.ts';

export interface SemanticFault {
  subject: string;
  message: string;
  fix: string;
}

export interface SemanticFindings {
  faults: SemanticFault[];
  /** Where answers are declared with a schema that accepts anything. */
  emptySchemas: string[];
}

export function checkDocumentSemantics(document: OpenApiDocument): SemanticFindings {
  const operations = listOperations(document);
  const contents = operations.map((operation) => checkContents(document, operation));
  return {
    faults: [
      ...operations.flatMap(checkPathParameters),
      ...checkOperationIds(operations),
      ...checkTwinPaths(document),
      ...operations.flatMap((operation) => checkResponses(operation)),
      ...contents.flatMap((content) => content.faults),
      ...checkSchemas(document, operations),
    ],
    emptySchemas: contents.flatMap((content) => content.emptySchemas),
  };
}

function checkPathParameters(operation: Operation): SemanticFault[] {
  const inTemplate = templateNames(operation.path);
  const declared = operation.parameters
    .filter((parameter) => parameter.in === 'path')
    .map(({ name }) => name);
  const undeclared = inTemplate
    .filter((name) => !declared.includes(name))
    .map((name) => ({
      subject: `${operation.name}: {${name}} undeclared`,
      message: `${operation.name}: the path has {${name}}, and no path parameter of that name is declared`,
      fix: `declare { name: '${name}', in: 'path', required: true } for the operation`,
    }));
  const unused = declared
    .filter((name) => !inTemplate.includes(name))
    .map((name) => ({
      subject: `${operation.name}: parameter ${name} not in the path`,
      message: `${operation.name}: path parameter ${name} is declared, and the path has no {${name}}`,
      fix: `put {${name}} into the path or remove the parameter`,
    }));
  return [...undeclared, ...unused];
}

function checkOperationIds(operations: Operation[]): SemanticFault[] {
  const byId = Map.groupBy(operations, (operation) => operation.definition['operationId']);
  return [...byId].flatMap(([id, users]) => {
    if (typeof id !== 'string' || users.length < 2) return [];
    const names = users.map((user) => user.name).join(', ');
    const message = `operationId ${id} is used by ${users.length} operations: ${names}`;
    return [{ subject: `operationId ${id}`, message, fix: 'give each operation an id of its own' }];
  });
}

/** `/users/{id}` and `/users/{name}` are the same path to every client. */
function checkTwinPaths(document: OpenApiDocument): SemanticFault[] {
  const paths = isObject(document['paths']) ? Object.keys(document['paths']) : [];
  const byShape = Map.groupBy(paths, (path) => path.replace(/\{[^{}]*\}/g, '{}'));
  return [...byShape.values()]
    .filter((twins) => twins.length > 1)
    .map((twins) => ({
      subject: `paths ${twins.join(' and ')}`,
      message: `${twins.join(' and ')} are one path under different parameter names`,
      fix: 'use one template for the path',
    }));
}

function checkResponses(operation: Operation): SemanticFault[] {
  const responses = operation.definition['responses'];
  const keys = isObject(responses) ? Object.keys(responses).filter((key) => !key.startsWith('x-')) : [];
  if (keys.length > 0) return [];
  const message = `${operation.name} declares no responses: no answer of it can be judged`;
  return [
    {
      subject: `${operation.name}: responses`,
      message,
      fix: 'declare each status it answers, with its schema',
    },
  ];
}

function checkContents(document: OpenApiDocument, operation: Operation): SemanticFindings {
  const findings: SemanticFindings = { faults: [], emptySchemas: [] };
  for (const response of declaredResponses(document, operation)) {
    for (const content of declaredContents(response)) {
      const where = `${operation.name} ${response.key} ${content.mediaType}`;
      const schema = follow(document, `${content.pointer}/schema`);
      if (schema === undefined && isJsonType(mediaTypeOf(content.mediaType))) {
        findings.faults.push({
          subject: `${where}: schema`,
          message: `${where} is declared without a schema: its body cannot be judged`,
          fix: 'declare the schema of the body',
        });
      } else if (schema === undefined || isEmptySchema(document, schema.value)) {
        findings.emptySchemas.push(where);
      }
    }
  }
  return findings;
}

/** Validators of documents do not look into schemas from 3.1 on: a schema that cannot be used validates nothing. */
function checkSchemas(document: OpenApiDocument, operations: Operation[]): SemanticFault[] {
  const validator = createSchemaValidator(document, 'response');
  return schemaPointers(document, operations).flatMap((pointer) => {
    const fault = validator.fault(pointer);
    if (fault === undefined) return [];
    const message = `the schema at #${pointer} cannot be used: ${fault}`;
    return [{ subject: `schema #${pointer}`, message, fix: 'correct the schema' }];
  });
}

/** Where schemas of named components, requests and answers really stand, each once. */
function schemaPointers(document: OpenApiDocument, operations: Operation[]): string[] {
  const named = follow(document, '/components/schemas')?.value;
  const components = Object.keys(isObject(named) ? named : {}).map(
    (name) => `/components/schemas/${escapeSegment(name)}`,
  );
  const contents = operations.flatMap((operation) => {
    const request = follow(document, `${operation.pointer}/requestBody`);
    const content = isObject(request?.value) ? request.value['content'] : undefined;
    const sent = isObject(content) ? Object.keys(content) : [];
    return [
      ...operation.parameters.map(({ pointer }) => pointer),
      ...sent.map((mediaType) => `${request?.pointer}/content/${escapeSegment(mediaType)}`),
      ...declaredResponses(document, operation).flatMap((response) =>
        declaredContents(response).map(({ pointer }) => pointer),
      ),
    ];
  });
  const inContents = contents.map((pointer) => `${pointer}/schema`);
  const placed = [...components, ...inContents].map((pointer) => follow(document, pointer)?.pointer);
  return [...new Set(placed)].filter((pointer) => pointer !== undefined);
}
