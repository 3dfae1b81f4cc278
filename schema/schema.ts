/** The whole contract: every module registers itself on the builder, and the matrix guards what they registered. */
import './node.ts';
import './principal.ts';
import './role.ts';
import './scope.ts';
import './assignment.ts';
import './request.ts';
import './activation.ts';
import './approval.ts';
import './cancellation.ts';
import './assignmentImport.ts';
import './copy.ts';
import './removal.ts';
import './renewal.ts';
import './update.ts';
import './access.ts';
import './policy.ts';
import './policyTemplate.ts';
import './me.ts';
import './event.ts';
import './policyEvent.ts';
import './auditEvent.ts';
import './bulkOperation.ts';
import './bulkExport.ts';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.ts';
import { guard } from './guard.ts';

/** @throws when a root field has no row in the matrix, or a row no field */
export function createSchema(): GraphQLSchema {
  return guard(builder.toSchema());
}

/** `schema.graphql`, reviewed as a diff. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(builder.toSchema()))}\n`;
}
