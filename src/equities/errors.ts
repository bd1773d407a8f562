import { K2Error } from "../base/index.ts";

/** A vendor of equity data did not give data: it is busy, out of reach, or says no. */
export class VendorUnavailableError extends K2Error {
  readonly code = "K2_VENDOR_UNAVAILABLE";
  readonly remedy = "retry";
}

/** A vendor of equity data answered with an error, or with what K2 cannot read. */
export class VendorRefusedError extends K2Error {
  readonly code = "K2_VENDOR_REFUSED";
  readonly remedy = "fix-input";
}
