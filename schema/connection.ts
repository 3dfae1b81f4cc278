/** How is a list answered? Relay's Cursor Connections over a page of rows. @see https://relay.dev/graphql/connections.htm */
import type { InterfaceRef, ObjectRef } from '@pothos/core';
import { cursorAt, PAGE_DEFAULT, PAGE_MAXIMUM, type Page } from '../src/store/connection.ts';
import { builder } from './builder.ts';
import { cursor, rows, sameRow } from './column.ts';

const PageInfo = builder.objectRef<Page<unknown>>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'More rows follow.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'Rows come before.' }),
    startCursor: t.field({
      type: 'Cursor',
      nullable: true,
      description: 'Cursor of the first row; null on an empty page.',
      resolve: (page) => (page.length > 0 ? cursorAt(page, 0) : null),
    }),
    endCursor: t.field({
      type: 'Cursor',
      nullable: true,
      description: 'Cursor of the last row; null on an empty page.',
      resolve: (page) => (page.length > 0 ? cursorAt(page, page.length - 1) : null),
    }),
  }),
});

/** The connection and edge types of a node type. */
type Types = typeof builder.$inferSchemaTypes;

export function connectionOf<Row extends object>(node: ObjectRef<Types, Row> | InterfaceRef<Types, Row>, name: string) {
  const Edge = builder.objectRef<{ node: Row; page: Page<Row>; index: number }>(`${name}Edge`).implement({
    description: `A row of the list, with its place in it.`,
    fields: (t) => ({
      cursor: t.field({
        ...cursor(),
        type: 'Cursor',
        description: 'Its place.',
        resolve: ({ page, index }) => cursorAt(page, index),
      }),
      node: t.field({ ...sameRow(), type: node, description: 'The row.', resolve: (edge) => edge.node as never }),
    }),
  });
  return builder.objectRef<Page<Row>>(`${name}Connection`).implement({
    description: 'A page of a list.',
    fields: (t) => ({
      edges: t.field({
        ...rows(),
        type: [Edge],
        description: 'Rows with their cursors.',
        resolve: (page) => (page.binary ?? page.nodes.map((node, index) => ({ node, page, index }))) as never,
      }),
      nodes: t.field({
        ...rows(),
        type: [node],
        description: 'Rows alone.',
        resolve: (page) => (page.binary ?? page.nodes) as never,
      }),
      pageInfo: t.field({ type: PageInfo, description: 'Where this page lies.', resolve: (page) => page }),
      totalCount: t.int({
        description: 'Rows of the whole list, counted only when asked for.',
        resolve: (page) => page.count(),
      }),
    }),
  });
}

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which way round.',
  values: {
    ASC: { description: 'From the least to the greatest, from the earliest to the latest.' },
    DESC: { description: 'From the greatest to the least, from the latest to the earliest.' },
  },
});

/** What a list may be ordered by; a cursor goes on in the order it came from, and in no other. */
export function orderInput<const Field extends string>(name: string, fields: Readonly<Record<Field, string>>) {
  const entries = Object.entries<string>(fields).map(([field, description]) => [field, { description }]);
  const OrderField = builder.enumType(`${name}Field`, {
    description: 'What to order by.',
    values: Object.fromEntries(entries) as Record<Field, { description: string }>,
  });
  return builder.inputType(name, {
    description: 'In which order. Rows in the same place are told apart by their ids.',
    fields: (t) => ({
      field: t.field({ type: OrderField, required: true, description: 'What to order by.' }),
      direction: t.field({
        type: OrderDirection,
        required: true,
        defaultValue: 'ASC',
        description: 'Which way round. Default `ASC`.',
      }),
    }),
  });
}

/** The arguments of every list. */
export function pageArguments() {
  return builder.args((t) => ({
    first: t.int({ description: `Rows from the front, 0 to ${PAGE_MAXIMUM}. Default ${PAGE_DEFAULT}.` }),
    after: t.field({ type: 'Cursor', description: 'Only rows behind this one.' }),
    last: t.int({ description: `Rows from the back, 0 to ${PAGE_MAXIMUM}; excludes \`first\`.` }),
    before: t.field({ type: 'Cursor', description: 'Only rows in front of this one.' }),
  }));
}
