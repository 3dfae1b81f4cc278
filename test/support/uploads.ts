/** How does a test send files to a gateway, and take them away again? */
import { randomUUID } from 'node:crypto';
import type { Anything, Caller, TestGateway } from './gateway.ts';

export interface UploadAnswer {
  readonly status: number;
  readonly body: Anything;
}

export type Uploads = ReturnType<typeof uploadsOf>;

export function uploadsOf(gateway: TestGateway) {
  const url = gateway.url.replace('/graphql', '/uploads');
  async function ask(path: string, caller: Caller, { headers = {}, ...request }: RequestInit): Promise<UploadAnswer> {
    const authorization = await gateway.authorization(caller);
    const response = await fetch(url + path, {
      ...{ ...request, duplex: 'half' },
      headers: { ...headers, ...authorization },
    } as RequestInit);
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  }
  function send(
    caller: Caller,
    body: BodyInit,
    type = 'text/csv',
    { method = 'POST', encoding = 'identity', path = '' } = {},
  ): Promise<UploadAnswer> {
    return ask(path, caller, { method, headers: { 'content-type': type, 'content-encoding': encoding }, body });
  }
  return {
    send,
    /** @returns its id */
    upload: async (content: BodyInit, type?: string, caller: Caller = 'grace') =>
      (await send(caller, content, type)).body.id as string,
    remove: (caller: Caller, id: string) => ask(`/${id}`, caller, { method: 'DELETE' }),
  };
}

/** Of an upload that is not there. */
export const otherUpload = () => Buffer.from(`Upload:${randomUUID()}`).toString('base64url');

/** Status, code and message of an answer. */
export function told({ status, body }: UploadAnswer) {
  const { message, extensions } = body.errors?.[0] ?? { message: '', extensions: {} };
  return [status, extensions.code, message];
}
