import { reference } from "../schemas/answers.ts";
import { PROBLEM_CONTENT_TYPE } from "./problem.ts";

const response = (description: string): object => ({
  description,
  content: { [PROBLEM_CONTENT_TYPE]: { schema: reference("Problem") } },
});

/** Of every route, for the API's description. */
export const PROBLEMS: Readonly<Record<string, object>> = {
  "4xx": response("The request is wrong; it names everything that is"),
  "5xx": response("K2 cannot answer now, or failed to; remedy says what to do"),
};
