import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Random } from "../../../base/index.ts";
import { elements, elementText, escapeXml } from "./s3-xml.ts";
import { encodeUri, type S3Credentials } from "./sigv4.ts";
import { type Answer, failure, IssuedKeys, refuseSignature, signerOf } from "./test-s3-signature.ts";

/** What the server does to a request instead of answering it well. */
export type S3Fault =
  /** 500 or 503 before anything is done. */
  | "error"
  | "slow-down"
  /** The connection ends before anything is done. */
  | "cut"
  /** All is done, and no answer is ever sent. */
  | "hang-after"
  /** All is done, and the connection ends without an answer. */
  | "cut-after"
  /** All is done, and the answer is 500. */
  | "error-after"
  /** Half of the body is sent; a body of one byte or none is sent whole. */
  | "torn"
  | "slow";

const ANY_FAULT: readonly S3Fault[] = [
  "error",
  "slow-down",
  "cut",
  "hang-after",
  "cut-after",
  "error-after",
  "torn",
  "slow",
];

export interface TestS3Options {
  readonly credentials?: S3Credentials;
  readonly region?: string;
  /** Objects and parts of a page of a listing; default 1,000. */
  readonly pageMax?: number;
  /** False: answers conditional writes with 501, as some stores do. */
  readonly isConditional?: boolean;
  /** Parts but the last are of at least so many bytes; AWS: 5 MiB. Default 1. */
  readonly partBytesMin?: number;
}

interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modifiedMs: number;
}

interface Upload {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
  readonly initiatedMs: number;
}

interface Call {
  readonly method: string;
  /** Bucket and key, decoded. */
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const TEST_KEYS: S3Credentials = { accessKeyId: "AKIDTEST", secretAccessKey: "secret+of/the=test" };
export const TEST_BUCKET = "lake";
const SLOW_MS = 20;

/**
 * An S3 server on loopback, in memory, that checks what a real one checks: signatures, payload hashes, clock skew,
 * conditional writes, parts and their ETags. For tests; it fails on demand and at random.
 */
export class TestS3Server implements AsyncDisposable {
  readonly url: string;
  readonly objects: Map<string, StoredObject> = new Map();
  readonly uploads: Map<string, Upload> = new Map();
  /** Every request in order of arrival: `PUT lake/a/b`, `GET lake/a?range`, … */
  readonly requests: string[] = [];
  /** Faults for the next requests that match, each used once. */
  readonly #planned: { readonly fault: S3Fault | Answer; readonly matches: (request: string) => boolean }[] = [];
  /** Added to the server's idea of the time. */
  clockSkewMs = 0;
  faultsMade = 0;
  credentials: S3Credentials;
  /** Access key ids of the requests that were let in, in order. */
  readonly signers: string[] = [];
  readonly #issued = new IssuedKeys();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: TestS3Options;
  #random: { readonly random: Random; readonly rate: number; readonly faults: readonly S3Fault[] } | undefined;

  private constructor(server: Server, options: TestS3Options) {
    this.#server = server;
    this.#options = options;
    this.credentials = options.credentials ?? TEST_KEYS;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (request, response) => void this.#handle(request, response));
  }

  static async start(options: TestS3Options = {}): Promise<TestS3Server> {
    const server = createServer({ keepAliveTimeout: 1_000 });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TestS3Server(server, options);
  }

  /** Temporary keys to the keys that begin with `prefix` alone, as a security token service gives them out. */
  issue({ prefix, lifetimeMs }: { readonly prefix: string; readonly lifetimeMs: number }): S3Credentials {
    return this.#issued.issue(prefix, this.#nowMs() + lifetimeMs);
  }

  /** The next request whose text (as in `requests`) contains `part` fails so. */
  failNext(fault: S3Fault | Answer, part = ""): void {
    this.#planned.push({ fault, matches: (request) => request.includes(part) });
  }

  /** From now on this share of all requests fails, each in one of `faults`. */
  failAtRandom(random: Random, rate: number, faults: readonly S3Fault[] = ANY_FAULT): void {
    this.#random = { random, rate, faults };
  }

  heal(): void {
    this.#random = undefined;
    this.#planned.length = 0;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    if (call === undefined) return;
    const text = describe(call);
    this.requests.push(text);
    const fault = this.#faultFor(text);
    if (fault !== undefined) this.faultsMade += 1;
    if (fault === "cut") return void request.socket.destroy();
    if (fault === "error") return send(response, failure(500, "InternalError"));
    if (fault === "slow-down") return send(response, { ...failure(503, "SlowDown"), headers: { "retry-after": "0" } });
    if (typeof fault === "object") return send(response, fault);
    const answer = this.#answer(call, rawTarget(request));
    if (fault === "hang-after") return; // The client will have to give up.
    if (fault === "cut-after") return void request.socket.destroy();
    if (fault === "error-after") return send(response, failure(500, "InternalError"));
    if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    if (fault === "torn" && (answer.body?.byteLength ?? 0) > 1 && call.method === "GET") {
      const body = answer.body ?? Buffer.alloc(0);
      response.writeHead(answer.status, { ...answer.headers, "content-length": body.byteLength });
      response.write(body.subarray(0, body.byteLength / 2), () => request.socket.destroy());
      return;
    }
    send(response, answer, call.method === "HEAD");
  }

  #faultFor(text: string): S3Fault | Answer | undefined {
    const planned = this.#planned.findIndex(({ matches }) => matches(text));
    if (planned >= 0) return this.#planned.splice(planned, 1)[0]?.fault;
    if (this.#random === undefined) return undefined;
    const { random, rate, faults } = this.#random;
    return random.next() < rate ? faults[random.int(faults.length)] : undefined;
  }

  #answer(call: Call, target: string): Answer {
    const refused = this.#refuseKeys(call, target);
    if (refused !== undefined) return refused;
    const [bucket = "", ...rest] = call.name.split("/");
    if (bucket !== TEST_BUCKET) return failure(404, "NoSuchBucket");
    const key = rest.join("/");
    if (key === "") return "uploads" in call.query ? this.#listUploads(call) : this.#list(call);
    switch (call.method) {
      case "GET":
      case "HEAD":
        return this.#read(call, key);
      case "PUT":
        return "uploadId" in call.query ? this.#putPart(call) : this.#put(call, key);
      case "POST":
        return "uploads" in call.query ? this.#createUpload(call, key) : this.#completeUpload(call, key);
      case "DELETE":
        return this.#delete(call, key);
      default:
        return failure(405, "MethodNotAllowed");
    }
  }

  /** Wrong or ended keys, or such as do not open what is asked for. */
  #refuseKeys(call: Call, target: string): Answer | undefined {
    const keyId = signerOf(call.headers);
    const credentials = this.#issued.of(keyId) ?? this.credentials;
    const nowMs = this.#nowMs();
    const refused = refuseSignature({ ...call, target }, { credentials, region: this.#options.region, nowMs });
    if (refused !== undefined) return refused;
    if (nowMs >= (credentials.expiresMs ?? Number.POSITIVE_INFINITY)) return failure(400, "ExpiredToken");
    if (!this.#issued.opens(keyId, call)) return failure(403, "AccessDenied");
    this.signers.push(keyId);
    return undefined;
  }

  #read({ headers }: Call, key: string): Answer {
    const object = this.objects.get(key);
    if (object === undefined) return failure(404, "NoSuchKey");
    const { bytes, etag, metadata, modifiedMs } = object;
    const common = { etag, "last-modified": new Date(modifiedMs).toUTCString(), ...metadata };
    const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers["range"] ?? "") ?? [];
    if (first === undefined || last === undefined) return { status: 200, headers: common, body: bytes };
    const start = first === "" ? Math.max(0, bytes.byteLength - Number(last)) : Number(first);
    const end = first === "" || last === "" ? bytes.byteLength : Math.min(bytes.byteLength, Number(last) + 1);
    if (start >= bytes.byteLength) return failure(416, "InvalidRange");
    const range = `bytes ${start}-${end - 1}/${bytes.byteLength}`;
    return { status: 206, headers: { ...common, "content-range": range }, body: bytes.subarray(start, end) };
  }

  #condition({ headers }: Call, key: string): Answer | undefined {
    if (headers["if-none-match"] === undefined) return undefined;
    if (this.#options.isConditional === false) return failure(501, "NotImplemented");
    return this.objects.has(key) ? failure(412, "PreconditionFailed") : undefined;
  }

  #put(call: Call, key: string): Answer {
    const refused = this.#condition(call, key);
    if (refused !== undefined) return refused;
    const etag = `"${md5(call.body).toString("hex")}"`;
    this.#store(key, call.body, etag, metadataOf(call));
    return { status: 200, headers: { etag } };
  }

  #store(key: string, bytes: Buffer, etag: string, metadata: Readonly<Record<string, string>>): void {
    this.objects.set(key, { bytes, etag, metadata, modifiedMs: this.#nowMs() });
  }

  #createUpload(call: Call, key: string): Answer {
    const id = randomUUID();
    this.uploads.set(id, { key, metadata: metadataOf(call), parts: new Map(), initiatedMs: this.#nowMs() });
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  #putPart({ query, body }: Call): Answer {
    const upload = this.uploads.get(query["uploadId"] ?? "");
    if (upload === undefined) return failure(404, "NoSuchUpload");
    upload.parts.set(Number(query["partNumber"]), body);
    return { status: 200, headers: { etag: `"${md5(body).toString("hex")}"` } };
  }

  #completeUpload(call: Call, key: string): Answer {
    const id = call.query["uploadId"] ?? "";
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.key !== key) return failure(404, "NoSuchUpload");
    const refused = this.#condition(call, key);
    if (refused !== undefined) return refused;
    const listed = elements(call.body.toString("utf8"), "Part");
    const parts = listed.map((part, index) => {
      const [number, etag] = [Number(elementText(part, "PartNumber")), elementText(part, "ETag")];
      const bytes = upload.parts.get(number);
      return number === index + 1 && bytes !== undefined && etag === `"${md5(bytes).toString("hex")}"`
        ? bytes
        : undefined;
    });
    const whole = parts.filter((part) => part !== undefined);
    if (whole.length !== parts.length || parts.length === 0) return failure(400, "InvalidPart");
    if (whole.slice(0, -1).some(({ byteLength }) => byteLength < (this.#options.partBytesMin ?? 1)))
      return failure(400, "EntityTooSmall");
    const etag = `"${md5(Buffer.concat(whole.map(md5))).toString("hex")}-${whole.length}"`;
    this.#store(key, Buffer.concat(whole), etag, upload.metadata);
    this.uploads.delete(id);
    return xml(`<CompleteMultipartUploadResult><ETag>${escapeXml(etag)}</ETag></CompleteMultipartUploadResult>`);
  }

  #delete({ query }: Call, key: string): Answer {
    const { uploadId } = query;
    if (uploadId === undefined) this.objects.delete(key);
    else if (!this.uploads.delete(uploadId)) return failure(404, "NoSuchUpload");
    return { status: 204 };
  }

  #list({ query }: Call): Answer {
    const { prefix = "", "continuation-token": token } = query;
    const after = token === undefined ? "" : Buffer.from(token, "base64url").toString("utf8");
    const pageMax = Math.min(this.#options.pageMax ?? 1_000, Number(query["max-keys"] ?? 1_000));
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const page = keys.slice(0, pageMax);
    const isTruncated = keys.length > page.length;
    const contents = page.map((key) => {
      const object = this.objects.get(key);
      const modified = new Date(object?.modifiedMs ?? 0).toISOString();
      return `<Contents><Key>${urlText(key, query)}</Key><LastModified>${modified}</LastModified><Size>${object?.bytes.byteLength}</Size></Contents>`;
    });
    const next = isTruncated
      ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? "", "utf8").toString("base64url")}</NextContinuationToken>`
      : "";
    return xml(
      `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${encodingOf(query)}${contents.join("")}${next}</ListBucketResult>`,
    );
  }

  #listUploads({ query }: Call): Answer {
    const { prefix = "", "key-marker": keyMarker = "", "upload-id-marker": idMarker = "" } = query;
    const order = ([id, { key }]: [string, Upload]): string => `${key}\0${id}`;
    const all = [...this.uploads]
      .filter(
        (each) => each[1].key.startsWith(prefix) && (keyMarker === "" || order(each) > `${keyMarker}\0${idMarker}`),
      )
      .toSorted((one, other) => (order(one) < order(other) ? -1 : 1));
    const page = all.slice(0, this.#options.pageMax ?? 1_000);
    const [lastId = "", last] = page.at(-1) ?? [];
    const body = page.map(
      ([id, { key, initiatedMs }]) =>
        `<Upload><Key>${urlText(key, query)}</Key><UploadId>${id}</UploadId><Initiated>${new Date(initiatedMs).toISOString()}</Initiated></Upload>`,
    );
    return xml(
      `<ListMultipartUploadsResult>${encodingOf(query)}<NextKeyMarker>${urlText(last?.key ?? "", query)}</NextKeyMarker>` +
        `<NextUploadIdMarker>${lastId}</NextUploadIdMarker><IsTruncated>${all.length > page.length}</IsTruncated>${body.join("")}</ListMultipartUploadsResult>`,
    );
  }

  #nowMs(): number {
    return Date.now() + this.clockSkewMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function rawTarget(request: IncomingMessage): string {
  return request.url ?? "/";
}

async function readCall(request: IncomingMessage): Promise<Call | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return undefined; // The client gave up.
  }
  const [path = "/", query = ""] = rawTarget(request).split("?");
  const pairs = query === "" ? [] : query.split("&").map((pair) => pair.split("=").map(decodeURIComponent));
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : (value ?? ""),
  ]);
  return {
    method: request.method ?? "GET",
    name: path.slice(1).split("/").map(decodeURIComponent).join("/"),
    query: Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, value])),
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
  };
}

function describe({ method, name, query }: Call): string {
  const names = Object.keys(query).filter((each) => ["uploads", "uploadId", "partNumber", "list-type"].includes(each));
  return `${method} ${name}${names.length === 0 ? "" : `?${names.join("&")}`}`;
}

function metadataOf({ headers }: Call): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-")));
}

function urlText(text: string, query: Call["query"]): string {
  return query["encoding-type"] === "url"
    ? text.split("/").map(encodeUri).join("/").replaceAll("%20", "+")
    : escapeXml(text);
}

function encodingOf(query: Call["query"]): string {
  return query["encoding-type"] === "url" ? "<EncodingType>url</EncodingType>" : "";
}

function xml(body: string): Answer {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: Buffer.from(`<?xml version="1.0"?>${body}`),
  };
}

function send(
  response: ServerResponse,
  { status, headers = {}, body = Buffer.alloc(0) }: Answer,
  isHead = false,
): void {
  response.writeHead(status, status === 204 ? headers : { ...headers, "content-length": body.byteLength });
  response.end(isHead || status === 204 ? undefined : body);
}

function md5(bytes: Buffer): Buffer {
  return createHash("md5").update(bytes).digest();
}
