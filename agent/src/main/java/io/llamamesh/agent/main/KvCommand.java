package io.llamamesh.agent.main;

import io.llamamesh.agent.http.SharedStateClient;
import io.llamamesh.agent.http.StateText;
import io.llamamesh.cli.CommandFrame;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The replicated store, through any agent. */
@Command(
    name = "kv",
    mixinStandardHelpOptions = true,
    description = {
      "Reads, writes and watches keys of the store that all agents of the fabric share.",
      "",
      "A key is one to eight parts with slashes between them; keys under node/NAME/ are written by"
          + " that node's agent only. A value is a map of typed fields: counters, flags, registers,"
          + " sets, maps."
    },
    exitCodeList = {"0:Done.", "1:An error, or wrong use."},
    subcommands = {KvCommand.Get.class, KvCommand.Op.class, KvCommand.Watch.class})
final class KvCommand {

  private static final int MISSING = CommandFrame.BAD;

  private static PrintStream out() {
    return new PrintStream(System.out, true, StandardCharsets.UTF_8);
  }

  private static void print(AgentQueryOptions query, String json) throws IOException {
    PrintStream out = out();
    out.print(query.isJson() ? json + "\n" : StateText.ofKey(json));
    out.flush();
  }

  /** Reads. */
  @Command(
      name = "get",
      mixinStandardHelpOptions = true,
      description = "Prints a key, or all keys of a pattern, one a line: key, version, fields.",
      exitCodeList = {"0:Printed.", "1:An error, or wrong use.", "2:There is no such key."})
  static final class Get implements Callable<Integer> {

    @Mixin private AgentQueryOptions query = new AgentQueryOptions();

    @Parameters(
        paramLabel = "KEY",
        description = {
          "A key, as jobs/done; or a pattern: * stands for one part, ** at the end for one or more."
        })
    private String key = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
      SharedStateClient client = query.stateClient();
      if (!key.contains("*")) {
        String json = client.get(key);
        if (json == null) {
          System.err.println("llama-mesh kv get: no such key");
          return MISSING;
        }
        print(query, json);
        return CommandFrame.OK;
      }
      int[] count = new int[1];
      client.list(
          key,
          json -> {
            count[0]++;
            print(query, json);
          });
      return count[0] == 0 ? MISSING : CommandFrame.OK;
    }
  }

  /** Writes. */
  @Command(
      name = "op",
      mixinStandardHelpOptions = true,
      description = {
        "Changes a key by an operation, and prints it once the agent has it on disk.",
        "",
        "  increment FIELD [BY]       adds to a counter (1; below 0 with -- before it)",
        "  enable FIELD               sets a flag",
        "  disable FIELD              clears it",
        "  assign FIELD VALUE         gives a register a value",
        "  add FIELD ELEMENT...       adds to a set",
        "  remove FIELD ELEMENT...    removes from it",
        "  removeField FIELD TYPE     removes a counter, flag, register, set or map",
        "  clear                      removes the key",
        "",
        "Operations of several agents at one time all have effect."
      },
      exitCodeList = {
        "0:Done, and on the agent's disk.",
        "1:An error, or wrong use.",
        "2:Not done: the value is of another version than --if-version says."
      })
  static final class Op implements Callable<Integer> {

    private static final Map<String, Integer> LEAST_VALUES = leastValues();
    private static final Set<String> MANY = Set.of("add", "remove");
    private static final int PRECONDITION_FAILED = 412;

    @Mixin private AgentQueryOptions query = new AgentQueryOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
        names = "--if-version",
        paramLabel = "VERSION",
        description =
            "Does it only if the value is of this version, as get prints it (default: always).")
    private @Nullable String version;

    @Option(
        names = "--in",
        paramLabel = "MAP",
        description = "Field is in this map; given again, in that one of it (default: none).")
    private List<String> maps = new ArrayList<>();

    @Parameters(index = "0", paramLabel = "KEY", description = "The key, as jobs/done.")
    private String key = "";

    @Parameters(index = "1", paramLabel = "OPERATION", description = "The operation, see above.")
    private String operation = "";

    @Parameters(
        index = "2..*",
        paramLabel = "FIELD VALUE",
        arity = "0..*",
        description = "The field, and what the operation takes.")
    private List<String> rest = new ArrayList<>();

    private static Map<String, Integer> leastValues() {
      Map<String, Integer> least = new LinkedHashMap<>();
      least.put("increment", 0);
      least.put("enable", 0);
      least.put("disable", 0);
      least.put("assign", 1);
      least.put("add", 1);
      least.put("remove", 1);
      least.put("removeField", 1);
      return least;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      String body = body();
      try {
        print(query, query.stateClient().operate(key, body, version));
        return CommandFrame.OK;
      } catch (SharedStateClient.RefusedException e) {
        if (e.status() == PRECONDITION_FAILED) {
          System.err.println("llama-mesh kv op: " + e.getMessage());
          return CommandFrame.BAD;
        }
        throw e;
      }
    }

    private String body() {
      if (operation.equals("clear")) {
        if (!rest.isEmpty() || !maps.isEmpty()) {
          throw wrong("clear takes no field");
        }
        return SharedStateClient.operation(List.of(), operation, null, List.of());
      }
      Integer least = LEAST_VALUES.get(operation);
      if (least == null) {
        throw wrong(
            "OPERATION must be one of " + String.join(", ", LEAST_VALUES.keySet()) + ", clear");
      }
      if (rest.isEmpty()) {
        throw wrong(operation + " needs a field");
      }
      List<String> values = rest.subList(1, rest.size());
      int most = operation.equals("increment") ? 1 : least;
      if (values.size() < least || (values.size() > most && !MANY.contains(operation))) {
        throw wrong(operation + " takes a field and " + (least == 0 ? most + " at most" : least));
      }
      try {
        return SharedStateClient.operation(maps, operation, rest.getFirst(), values);
      } catch (NumberFormatException e) {
        throw wrong("BY must be an integer, was '" + values.getFirst() + "'");
      }
    }

    private ParameterException wrong(String message) {
      return new ParameterException(spec.commandLine(), message);
    }
  }

  /** Watches. */
  @Command(
      name = "watch",
      mixinStandardHelpOptions = true,
      description = {
        "Prints each key of a pattern, then each again that changes, until it is ended.",
        "",
        "A key that changes quickly is printed less often, its last value always."
      })
  static final class Watch implements Callable<Integer> {

    private static final int REMEMBERED = 100_000;

    @Mixin private AgentQueryOptions query = new AgentQueryOptions();

    @Parameters(
        arity = "0..1",
        paramLabel = "PATTERN",
        defaultValue = "**",
        description =
            "Pattern of keys: * stands for one part, ** at the end for one or more (default:"
                + " ${DEFAULT-VALUE}).")
    private String pattern = "";

    @Option(
        names = "--count",
        paramLabel = "N",
        defaultValue = "0",
        description = "Ends after so many lines (default: never).")
    private long count;

    @Override
    public Integer call() throws IOException, InterruptedException {
      Map<String, Boolean> known = remembered();
      long[] printed = new long[1];
      query
          .stateClient()
          .watchKeys(
              pattern,
              json -> {
                try {
                  String identity = StateText.identity(json);
                  // An agent ends a watch each minute; the next one begins with what is there.
                  if (!identity.isEmpty() && known.putIfAbsent(identity, true) == null) {
                    print(query, json);
                    printed[0]++;
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
                return count == 0 || printed[0] < count;
              });
      return CommandFrame.OK;
    }

    private static Map<String, Boolean> remembered() {
      return new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };
    }
  }
}
