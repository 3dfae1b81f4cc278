/** May another bulk operation begin, and may this one be taken back? */
import { expect, test } from 'vitest';
import { decideBulkCancellation, decideBulkOperation } from '../../src/decision/bulkOperation.ts';
import { BULK_STATUSES } from '../../src/decision/words.ts';
import { isRefused } from '../../src/refusals.ts';

const sentence = (decision: ReturnType<typeof decideBulkOperation>) =>
  decision && isRefused(decision) ? [decision.refusals[0]?.code, decision.refusals[0]?.message.split('. ')[1]] : null;

test.each([
  [{ own: 0, all: 0 }, null],
  [{ own: 2, all: 49 }, null],
  [{ own: 3, all: 50 }, 'You have 3 that are not over; so many are allowed.'],
  [{ own: 2, all: 50 }, 'There are 50 of all callers; so many are allowed.'],
])('of %o another one may begin unless they are too many', (open, reason) => {
  expect(sentence(decideBulkOperation(open))).toEqual(reason && ['TOO_MANY_BULK_OPERATIONS', reason]);
});

test('what is not there is not taken back', () => {
  expect(decideBulkCancellation(null)?.refusals).toMatchObject([{ code: 'BULK_OPERATION_NOT_FOUND', field: ['id'] }]);
});

test('only what is not over is taken back', () => {
  const open = BULK_STATUSES.filter((status) => decideBulkCancellation({ status }) === null);
  expect(open).toEqual(['UPLOADING', 'CREATED', 'RUNNING']);
  expect(decideBulkCancellation({ status: 'COMPLETED' })?.refusals).toMatchObject([
    { code: 'BULK_OPERATION_OVER', field: ['id'] },
  ]);
});
