import { expect, test } from "vitest";
import { type Clock, seededRandom, systemClock } from "../../../base/index.ts";
import { HttpFailure, type HttpRequest, type HttpResponse } from "../http/http-client.ts";
import { fixedCredentials } from "./credential-source.ts";
import { S3Client, type S3ClientOptions } from "./s3-client.ts";
import { parseS3Location } from "./s3-location.ts";

const KEYS = { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "session" };

/** A client whose requests are kept and answered as they are told, and whose waits are only noted. */
function recording(
  options: Partial<S3ClientOptions>,
  answers: readonly (Partial<HttpResponse> | Error)[] = [],
): { readonly client: S3Client; readonly sent: HttpRequest[]; readonly waits: number[] } {
  const [sent, waits, left]: [HttpRequest[], number[], (Partial<HttpResponse> | Error)[]] = [[], [], [...answers]];
  const clock: Clock = { ...systemClock, sleep: async (durationMs) => void waits.push(durationMs) };
  const client = new S3Client({
    http: {
      async send(request) {
        sent.push(request);
        const answer = left.shift() ?? {};
        if (answer instanceof Error) throw answer;
        return { status: 200, headers: {}, bytes: new Uint8Array(), ...answer };
      },
    },
    endpoint: "https://s3.eu-west-1.amazonaws.com",
    region: "eu-west-1",
    isPathStyle: false,
    credentials: fixedCredentials(KEYS),
    signsPayload: true,
    attemptsMax: 5,
    backoffFirstMs: 100,
    clock,
    random: seededRandom(1),
    ...options,
  });
  return { client, sent, waits };
}

async function addressOf(location: string, options: Partial<S3ClientOptions> = {}): Promise<string> {
  const { client, sent } = recording(options);
  await client.send({ method: "GET", location: parseS3Location(location), query: { "list-type": "2" } });
  const [request] = sent;
  expect(request?.headers["host"]).toBe(request?.origin.replace(/^https?:\/\//, ""));
  return `${request?.origin}${request?.target}`;
}

test("a bucket is in the host's name or in the path", async () => {
  expect(await addressOf("s3://lake/a b/c=1")).toBe("https://lake.s3.eu-west-1.amazonaws.com/a%20b/c%3D1?list-type=2");
  expect(await addressOf("s3://lake")).toBe("https://lake.s3.eu-west-1.amazonaws.com/?list-type=2");
  expect(await addressOf("s3://my.lake/k")).toBe("https://s3.eu-west-1.amazonaws.com/my.lake/k?list-type=2");
  const minio = { endpoint: "http://minio:9000", isPathStyle: true };
  expect(await addressOf("s3://lake/k", minio)).toBe("http://minio:9000/lake/k?list-type=2");
  expect(await addressOf("s3://lake/k", { endpoint: "https://gate/s3/", isPathStyle: true })).toBe(
    "https://gate/s3/lake/k?list-type=2",
  );
});

test("temporary keys' token is sent and signed; a payload is hashed, or over TLS left unsigned where that is wanted", async () => {
  const put = { method: "PUT", location: { bucket: "b", key: "k" }, body: Buffer.from("x") } as const;
  const signed = recording({});
  await signed.client.send(put);
  const headers = signed.sent[0]?.headers ?? {};
  expect(headers["x-amz-security-token"]).toBe("session");
  expect(headers["authorization"]).toContain("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token");
  expect(headers["x-amz-content-sha256"]).toMatch(/^[0-9a-f]{64}$/);
  const unsigned = recording({ signsPayload: false });
  await unsigned.client.send(put);
  expect(unsigned.sent[0]?.headers["x-amz-content-sha256"]).toBe("UNSIGNED-PAYLOAD");
  const anonymous = recording({ credentials: undefined });
  await anonymous.client.send(put);
  expect(anonymous.sent[0]?.headers).toEqual({ host: "b.s3.eu-west-1.amazonaws.com" });
});

test("waits between tries grow with jitter, and are at least what Retry-After asks for", async () => {
  const cut = new HttpFailure("cut", { isUnsent: false });
  const slowDown = { status: 503, headers: { "retry-after": "7" } };
  const { client, waits } = recording({}, [cut, { status: 500 }, slowDown, { status: 429 }]);
  await client.send({ method: "GET", location: { bucket: "b", key: "k" } });
  expect(waits.length).toBe(4);
  const [first = 0, second = 0, third = 0, fourth = 0] = waits;
  expect([first >= 50 && first <= 100, second >= 100 && second <= 200]).toEqual([true, true]);
  expect(third).toBe(7_000);
  expect(fourth >= 400 && fourth <= 800).toBe(true);
});

test("each try is signed anew and counted", async () => {
  const counted: string[] = [];
  const count = (operation: string, outcome: string): void => void counted.push(`${operation} ${outcome}`);
  const { client, sent } = recording({ count, attemptsMax: 2 }, [
    { status: 500 },
    {},
    { status: 500 },
    { status: 500 },
  ]);
  await client.send({ method: "GET", location: { bucket: "b", key: "k" } });
  await expect(client.send({ method: "HEAD", location: { bucket: "b", key: "k" } })).rejects.toThrow(/2 tries failed/);
  expect(counted).toEqual(["GET retried", "GET answered", "HEAD retried", "HEAD failed"]);
  expect(sent.length).toBe(4);
});
