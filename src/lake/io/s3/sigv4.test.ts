import { expect, test } from "vitest";
import {
  amzDate,
  authorization,
  canonicalQuery,
  encodeKey,
  type RequestToSign,
  sha256Hex,
  UNSIGNED_PAYLOAD,
} from "./sigv4.ts";

/** The worked examples of the S3 documentation ("Signature Calculations for the Authorization Header"). */
const S3_EXAMPLE = {
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  scope: { region: "us-east-1", service: "s3", timeMs: Date.UTC(2013, 4, 24) },
};
/** Those of the Signature Version 4 test suite. */
const SUITE = {
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  scope: { region: "us-east-1", service: "service", timeMs: Date.UTC(2015, 7, 30, 12, 36) },
};
const EMPTY = sha256Hex("");

function s3Request(parts: Partial<RequestToSign>): RequestToSign {
  const payloadHash = parts.payloadHash ?? EMPTY;
  return {
    method: "GET",
    path: "/",
    query: {},
    ...parts,
    payloadHash,
    headers: {
      Host: "examplebucket.s3.amazonaws.com",
      "x-amz-content-sha256": payloadHash,
      "x-amz-date": "20130524T000000Z",
      ...parts.headers,
    },
  };
}

function signatureOf(request: RequestToSign, { credentials, scope }: typeof SUITE): string | undefined {
  return authorization(request, credentials, scope).split("Signature=")[1];
}

test("authorization() of the S3 documentation's GET of a range", () => {
  const request = s3Request({ path: "/test.txt", headers: { Range: "bytes=0-9" } });
  expect(authorization(request, S3_EXAMPLE.credentials, S3_EXAMPLE.scope)).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, " +
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  );
});

test("authorization() of the S3 documentation's PUT, with a key that must be encoded", () => {
  const payloadHash = sha256Hex("Welcome to Amazon S3.");
  const headers = { Date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" };
  const request = s3Request({ method: "PUT", path: encodeKey("/test$file.text"), headers, payloadHash });
  expect(signatureOf(request, S3_EXAMPLE)).toBe("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
});

test("authorization() of the S3 documentation's requests with queries: lifecycle, list", () => {
  expect(signatureOf(s3Request({ query: { lifecycle: "" } }), S3_EXAMPLE)).toBe(
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  );
  expect(signatureOf(s3Request({ query: { prefix: "J", "max-keys": "2" } }), S3_EXAMPLE)).toBe(
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  );
});

test("authorization() of an unsigned payload", () => {
  const request = s3Request({ path: "/test.txt", headers: { Range: "bytes=0-9" }, payloadHash: UNSIGNED_PAYLOAD });
  expect(signatureOf(request, S3_EXAMPLE)).toBe("edacce68e5445863e1f916719fac26d3be9c1581fccd7878ade0879597fc0dc1");
});

test("authorization() of the test suite: get-vanilla, get-vanilla-query-order-key-case, get-unreserved, get-utf8", () => {
  const headers = { Host: "example.amazonaws.com", "X-Amz-Date": "20150830T123600Z" };
  const plain = { method: "GET", path: "/", query: {}, headers, payloadHash: EMPTY };
  expect(signatureOf(plain, SUITE)).toBe("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  expect(signatureOf({ ...plain, query: { Param2: "value2", Param1: "value1" } }, SUITE)).toBe(
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  );
  const unreserved = encodeKey("/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  expect(signatureOf({ ...plain, path: unreserved }, SUITE)).toBe(
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  );
  expect(signatureOf({ ...plain, path: encodeKey("/\u1234") }, SUITE)).toBe(
    "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
  );
});

test("keys and queries are encoded as the signature counts them", () => {
  expect(encodeKey("a b/ts=2024-03-01T00:00/it's (1)*!.parquet")).toBe(
    "a%20b/ts%3D2024-03-01T00%3A00/it%27s%20%281%29%2A%21.parquet",
  );
  expect(canonicalQuery({ uploads: "", "a+b": "c/d", Zeta: "1" })).toBe("Zeta=1&a%2Bb=c%2Fd&uploads=");
  expect(amzDate(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe("20260102T030405Z");
});
