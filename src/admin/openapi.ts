/** GET /v1/openapi.json: the table of routes as OpenAPI 3.1, made from the schemas that check the requests. */
import { type ZodType, z } from 'zod'
import { download } from './download.js'
import type { Row } from './route.js'

type Json = { readonly [key: string]: unknown }

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', description: 'urn:posthorn:problem: and a word that stays the same' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'for people' },
    errors: { type: 'array', items: { type: 'string' }, description: 'each field that is wrong' },
  },
}

/** Of all routes; `path` is where it is served. */
export function openApi(routes: readonly Row[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const row of routes) {
    const path = row.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operation(row) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Posthorn administration', version },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'not asked for on control.sock' } },
      schemas: { Problem: PROBLEM },
    },
  }
}

function operation(row: Row): Json {
  const schema = jsonSchema(row.input, 'input')
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Json>)
  const required = new Set((schema['required'] ?? []) as string[])
  const inPath = new Set([...row.path.matchAll(/:(\w+)/g)].map(([, name]) => name))
  const inQuery = row.method === 'GET' || row.method === 'DELETE'
  const parameters = properties
    .filter(([name]) => inQuery || inPath.has(name))
    .map(([name, value]) => parameter(name, value, inPath.has(name), required.has(name)))
  const rest = properties.filter(([name]) => !inQuery && !inPath.has(name))
  return {
    operationId: operationId(row),
    summary: row.summary,
    ...(parameters.length > 0 && { parameters }),
    ...(rest.length > 0 && { requestBody: body(rest, required) }),
    responses: responses(row),
  }
}

/** GET /v1/users/:address/mailboxes → getUsersByAddressMailboxes */
const operationId = ({ method, path }: Row): string =>
  method.toLowerCase() +
  path
    .replace('/v1', '')
    .replace(/\W+json$/, '')
    .replace(
      /\/(:?)(\w)(\w*)/g,
      (_, by: string, first: string, rest: string) => `${by && 'By'}${first.toUpperCase()}${rest}`,
    )

const parameter = (name: string, schema: Json, inPath: boolean, required: boolean): Json => ({
  name,
  in: inPath ? 'path' : 'query',
  required: inPath || required,
  schema,
})

function body(fields: readonly (readonly [string, Json])[], required: ReadonlySet<string>): Json {
  const needed = fields.map(([name]) => name).filter((name) => required.has(name))
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields),
    additionalProperties: false,
    ...(needed.length > 0 && { required: needed }),
  }
  return { required: needed.length > 0, content: { 'application/json': { schema } } }
}

function responses({ success, summary, reply }: Row): Json {
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return {
    [success]: {
      description: summary,
      ...(success !== 204 && { content: contentOf(reply) }),
    },
    default: { description: 'What was asked for was not done (RFC 9457)', content: problem },
  }
}

const contentOf = (reply: ZodType): Json =>
  reply === download
    ? { 'application/octet-stream': {} }
    : { 'application/json': { schema: jsonSchema(reply, 'output') } }

function jsonSchema(schema: ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return rest
}
