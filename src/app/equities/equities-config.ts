import Type from "typebox";

/** `equities` of the configuration. Keys of vendors come from the environment, never from a file. */
export const EquitiesSchema: Type.TObject<{
  symbols: Type.TArray<Type.TString>;
  yahooUrl: Type.TString;
  alphaVantageUrl: Type.TString;
  requestsPerMinute: Type.TNumber;
  attempts: Type.TInteger;
}> = Type.Object(
  {
    symbols: Type.Array(Type.String(), {
      default: [
        ...["AAPL-XNAS-EQ", "MSFT-XNAS-EQ", "GOOGL-XNAS-EQ", "AMZN-XNAS-EQ", "META-XNAS-EQ"],
        ...["TSLA-XNAS-EQ", "NVDA-XNAS-EQ", "INTC-XNAS-EQ", "JPM-XNYS-EQ", "V-XNYS-EQ"],
      ],
      description: "Shares that files and answers are about, such as AAPL-XNAS-EQ",
    }),
    yahooUrl: Type.String({
      default: "https://query1.finance.yahoo.com",
      description: "Of an endpoint that answers as Yahoo's v8/finance/chart does",
    }),
    alphaVantageUrl: Type.String({
      default: "https://www.alphavantage.co",
      description: "Of an endpoint that answers as Alpha Vantage's /query does; its key is ALPHAVANTAGE_API_KEY",
    }),
    requestsPerMinute: Type.Number({
      exclusiveMinimum: 0,
      default: 60,
      description: "To one vendor, at most; free keys of Alpha Vantage allow 5",
    }),
    attempts: Type.Integer({
      minimum: 1,
      default: 6,
      description: "How often a question is asked before it is given up",
    }),
  },
  { additionalProperties: false, default: {} },
);

export interface EquitiesConfig {
  readonly symbols: readonly string[];
  readonly yahooUrl: string;
  readonly alphaVantageUrl: string;
  readonly requestsPerMinute: number;
  readonly attempts: number;
}
