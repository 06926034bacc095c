import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deferred, type Deferred } from '../../src/base/deferred.ts';

interface Place {
  readonly waiting: ServerResponse[];
  readonly watchers: { readonly count: number; readonly arrived: Deferred<void> }[];
  isOpen: boolean;
}

/** Where the processes of a test wait for it: `meet` in `fixtures/meet.mjs` arrives at a place and stays there until the test opens it. */
export class MeetingPoint implements AsyncDisposable {
  readonly #server: Server;
  readonly #places = new Map<string, Place>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.#arrive((request.url ?? '/').slice(1), response);
    });
  }

  static async start(): Promise<MeetingPoint> {
    const server = createServer();
    const point = new MeetingPoint(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return point;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when so many wait at the place. */
  arrived(name: string, count = 1): Promise<void> {
    const arrived = deferred<void>();
    const place = this.#place(name);
    place.watchers.push({ count, arrived });
    tell(place);
    return arrived.promise;
  }

  /** Lets go who waits at the place, and who comes later. */
  open(name: string): void {
    const place = this.#place(name);
    place.isOpen = true;
    for (const response of place.waiting.splice(0)) response.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  #arrive(name: string, response: ServerResponse): void {
    const place = this.#place(name);
    if (place.isOpen) {
      response.end();
      return;
    }
    place.waiting.push(response);
    tell(place);
  }

  #place(name: string): Place {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place: Place = { waiting: [], watchers: [], isOpen: false };
    this.#places.set(name, place);
    return place;
  }
}

function tell({ waiting, watchers }: Place): void {
  for (const { count, arrived } of watchers) if (waiting.length >= count) arrived.resolve();
}
