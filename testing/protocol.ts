/** Prints `client/protocol.ts`: the types of what goes over the wire, without the server that they come from. */
import ts from "typescript";

const ROUTER = "server/http/trpc/router.ts";
/** The types that have a name, by the file that defines them. */
const NAMED = {
  "server/accounts/field-errors.ts": ["FieldErrorCode", "FieldError", "FieldErrors"],
  "server/audit.ts": ["EventType"],
  "server/http/refusal.ts": ["Reason"],
  "server/http/oauth/error.ts": ["OAuthErrorCode"],
  "server/http/oauth/token.ts": ["TokenResponse"],
};
/** Those of tRPC. */
const TRPC_TYPES = "node_modules/@trpc/server/dist/index.d.mts";
const TRPC_NAMED = ["TRPC_ERROR_CODE_KEY", "TRPC_ERROR_CODE_NUMBER"];

/** Prints the module. @param root the folder of the project */
export function printProtocol(root: string): string {
  const printer = openPrinter(root, [ROUTER, TRPC_TYPES, ...Object.keys(NAMED)]);
  for (const name of TRPC_NAMED) printer.name(TRPC_TYPES, name);
  const named = Object.entries(NAMED).flatMap(([file, names]) =>
    names.map((name) => printer.name(file, name)),
  );
  return `/** What goes over the wire. Generated from the server by \`npm run generate\`. */
import type {
  ${TRPC_NAMED.join(",\n")},
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure
} from "@trpc/server";

${named.join("\n\n")}

${printer.router()}

/** The type of everything under \`/trpc\`: what a tRPC client is made for. */
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  Procedures
>;

type Query<Input, Output> = TRPCQueryProcedure<{ input: Input; output: Output; meta: unknown }>;
type Mutation<Input, Output> = TRPCMutationProcedure<{ input: Input; output: Output; meta: unknown }>;
`;
}

/** Opens the project as the compiler sees it. @param files the files whose exports are printed */
function openPrinter(root: string, files: readonly string[]) {
  const path = (file: string) => `${root}/${file}`;
  const { config } = ts.readConfigFile(path("tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(files.map(path), options);
  const checker = program.getTypeChecker();
  /** The names of unions, by their text: the compiler forgets which of them a member was declared with. */
  const unions = new Map<string, string>();

  function exported(file: string, name: string): ts.Symbol {
    const source = program.getSourceFile(path(file));
    const module = source && checker.getSymbolAtLocation(source);
    const symbol = module && checker.tryGetMemberInModuleExports(name, module);
    if (!symbol) throw new Error(`${file} does not export ${name}`);
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  function print(type: ts.Type): string {
    const { NoTruncation, InTypeAlias } = ts.TypeFormatFlags;
    const text = checker.typeToString(type, undefined, NoTruncation | InTypeAlias);
    return [...unions].reduce((shorter, [union, name]) => shorter.replaceAll(union, name), text);
  }

  function documented(symbol: ts.Symbol, text: string): string {
    const lines = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    return lines ? `/** ${lines} */\n${text}` : text;
  }

  function property(type: ts.Type, ...names: readonly string[]): ts.Type {
    const [name, ...rest] = names;
    if (name === undefined) return type;
    const symbol = type.getProperty(name);
    if (!symbol) throw new Error(`there is no ${name}`);
    return property(checker.getTypeOfSymbol(symbol), ...rest);
  }

  const members = (type: ts.Type): string =>
    type
      .getProperties()
      .map((member) => {
        const mark = member.flags & ts.SymbolFlags.Optional ? "?" : "";
        const text = print(checker.getTypeOfSymbol(member));
        return documented(member, `${member.name}${mark}: ${text};\n`);
      })
      .join("");

  const procedures = (type: ts.Type): string =>
    type
      .getProperties()
      .map((symbol) => {
        const one = checker.getTypeOfSymbol(symbol);
        const isRouter = !one.getProperty("_def");
        const text = isRouter ? `{\n${procedures(one)}}` : procedure(property(one, "_def"));
        return documented(symbol, `${symbol.name}: ${text};\n`);
      })
      .join("");

  function procedure(definition: ts.Type): string {
    const kind = print(property(definition, "type")) === '"query"' ? "Query" : "Mutation";
    const [input, output] = ["input", "output"].map((name) =>
      print(property(definition, "$types", name)),
    );
    return `${kind}<${input}, ${output}>`;
  }

  return {
    /** Prints a type that is exported, and from then on its name where another one contains it. */
    name(file: string, name: string): string {
      const symbol = exported(file, name);
      const type = checker.getDeclaredTypeOfSymbol(symbol);
      if (symbol.flags & ts.SymbolFlags.Interface)
        return documented(symbol, `export interface ${name} {\n${members(type)}}`);
      const text = print(type);
      if (type.isUnion()) unions.set(text, name);
      return documented(symbol, `export type ${name} = ${text};`);
    },

    /** Prints the procedures, and how they fail. */
    router(): string {
      const definition = property(checker.getTypeOfSymbol(exported(ROUTER, "appRouter")), "_def");
      const shape = property(definition, "_config", "$types", "errorShape");
      return `/** How a procedure fails. */
export type ErrorShape = ${print(shape)};

/** Every procedure. */
type Procedures = {
${procedures(property(definition, "record"))}};`;
    },
  };
}
