/** Anything that has an id, and finding it again by that id. @see https://relay.dev/graphql/objectidentification.htm */
import { ArgumentError } from '../src/store/connection.ts';
import { builder } from './builder.ts';
import type { Context, Loaders } from './context.ts';
import { decodeId, globalId, type NodeType } from './ids.ts';

interface Row {
  readonly id: string;
}

type Loaded = Row & { readonly __typename: NodeType };

const NODES_MAXIMUM = 100;

/** A principal's type is its kind; everything else is what its id says. */
const LOADERS: Record<NodeType, (loaders: Loaders, id: string) => Promise<Row | null>> = {
  User: (loaders, id) => principal(loaders, id, 'USER'),
  Group: (loaders, id) => principal(loaders, id, 'GROUP'),
  ServicePrincipal: (loaders, id) => principal(loaders, id, 'SERVICE_PRINCIPAL'),
  ManagedIdentity: (loaders, id) => principal(loaders, id, 'MANAGED_IDENTITY'),
  Role: (loaders, id) => loaders.role.load(id),
  Scope: (loaders, id) => loaders.visibleScope.load(id),
  Assignment: (loaders, id) => loaders.assignment.load(id),
  Request: (loaders, id) => loaders.request.load(id),
  RolePolicy: (loaders, id) => loaders.rolePolicy.load(id),
  PolicyTemplate: (loaders, id) => loaders.policyTemplate.load(id),
  BulkOperation: (loaders, id) => loaders.bulkOperation.load(id),
};

export const Node = builder.interfaceRef<Row>('Node').implement({
  description: 'An object with a globally unique id.',
  resolveType: (row) => (row as Loaded).__typename,
  fields: (t) => ({
    id: t.id({
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: (row) => globalId((row as Loaded).__typename, row.id),
    }),
  }),
});

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: 'Any object by its id. Null when there is none, or none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'A global object id.' }) },
    resolve: (_root, { id }, context) => load(context, id),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: `Objects by their ids, in the order given; null as in \`node\`. At most ${NODES_MAXIMUM}.`,
    args: { ids: t.arg.idList({ required: true, description: 'Global object ids.' }) },
    resolve: (_root, { ids }, context) => {
      if (ids.length > NODES_MAXIMUM) {
        throw new ArgumentError(`ids holds ${ids.length} ids: give at most ${NODES_MAXIMUM}.`);
      }
      return Promise.all(ids.map((id) => load(context, id)));
    },
  }),
}));

async function load({ loaders }: Context, id: string): Promise<Loaded | null> {
  const decoded = decodeId(id);
  if (decoded === null || !Object.hasOwn(LOADERS, decoded.type)) return null;
  const type = decoded.type as NodeType;
  const row = await LOADERS[type](loaders, decoded.id);
  return row && { ...row, __typename: type };
}

async function principal(loaders: Loaders, id: string, kind: string) {
  const row = await loaders.visiblePrincipal.load(id);
  return row?.kind === kind ? row : null;
}
