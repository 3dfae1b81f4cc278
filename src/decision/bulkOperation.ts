/** May another bulk operation begin, and may this one be taken back? */
import { type Refused, refuse } from '../refusals.ts';
import { BULK_OVER, type BulkStatus } from './words.ts';

export const BULK_OPEN_OF_PRINCIPAL = 3;
export const BULK_OPEN_IN_ALL = 50;

export interface OpenOperations {
  /** Of the principal that asks. */
  readonly own: number;
  readonly all: number;
}

/** @returns null when it may */
export function decideBulkOperation({ own, all }: OpenOperations): Refused | null {
  if (own >= BULK_OPEN_OF_PRINCIPAL) {
    return refuse('TOO_MANY_BULK_OPERATIONS', { hint: `You have ${own} that are not over; so many are allowed.` });
  }
  if (all >= BULK_OPEN_IN_ALL) {
    return refuse('TOO_MANY_BULK_OPERATIONS', { hint: `There are ${all} of all callers; so many are allowed.` });
  }
  return null;
}

/** @returns null when it may */
export function decideBulkCancellation(operation: { readonly status: BulkStatus } | null): Refused | null {
  if (operation === null) return refuse('BULK_OPERATION_NOT_FOUND', { field: ['id'] });
  if (BULK_OVER.includes(operation.status)) return refuse('BULK_OPERATION_OVER', { field: ['id'] });
  return null;
}
