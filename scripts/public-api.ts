// The public API of the package as a report that is committed, so that a change of it shows in a review.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import apiExtractor from "@microsoft/api-extractor";

const { Extractor, ExtractorConfig } = apiExtractor; // CommonJS.
const root = fileURLToPath(new URL("..", import.meta.url));
const isCheck = process.argv.includes("--check");
const reportFolder = join(root, "docs");
const scratch = mkdtempSync(join(tmpdir(), "k2-api-"));
const types = join(scratch, "types");

try {
  run("tsc", ["-p", "tsconfig.build.json", "--outDir", types, "--emitDeclarationOnly"]);
  copyFileSync(join(root, "package.json"), join(scratch, "package.json"));
  const { apiReportChanged, succeeded, errorCount } = Extractor.invoke(configuration(), {
    localBuild: !isCheck,
    showVerboseMessages: false,
    messageCallback: (message) => {
      if (message.category === "TSDoc" || message.messageId === "console-api-report-copied") message.handled = true;
    },
  });
  if (isCheck && apiReportChanged) {
    console.error(
      "The public API changed. If that is intended: node scripts/public-api.ts, and commit docs/k2-market-data.api.md",
    );
    process.exitCode = 1;
  } else if (!succeeded && errorCount > 0) process.exitCode = 1;
  else console.log(`public API ${isCheck ? "as reported" : "reported"} in docs/k2-market-data.api.md`);
} finally {
  rmSync(scratch, { recursive: true });
}

function configuration(): apiExtractor.ExtractorConfig {
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: scratch,
      mainEntryPointFilePath: join(types, "index.d.ts"),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "ES2023",
            lib: ["ES2023", "ESNext.Disposable"],
            module: "NodeNext",
            moduleResolution: "NodeNext",
            skipLibCheck: true,
            types: ["node"],
            typeRoots: [join(root, "node_modules/@types")],
          },
          include: [join(types, "**/*.d.ts")],
        },
      },
      apiReport: { enabled: true, reportFileName: "k2-market-data.api.md", reportFolder, reportTempFolder: scratch },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: { default: { logLevel: "none" as never } },
        compilerMessageReporting: { default: { logLevel: "none" as never } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(scratch, "package.json"),
  });
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules/.bin", command), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0 || !existsSync(types)) process.exit(1);
}
