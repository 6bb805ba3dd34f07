package io.llamamesh.agent.main;

import io.llamamesh.agent.http.SharedStateClient;
import io.llamamesh.agent.http.StateText;
import io.llamamesh.cli.CommandFrame;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Messages to all agents, through any of them. */
@Command(
    name = "multicast",
    mixinStandardHelpOptions = true,
    description = {
      "Sends messages to all agents of the fabric by topic, and prints those that come.",
      "",
      "A message may get lost while links change; who needs it for certain writes a key (kv)."
    },
    exitCodeList = {"0:Done.", "1:An error, or wrong use."},
    subcommands = {MulticastCommand.Send.class, MulticastCommand.Watch.class})
final class MulticastCommand {

  private static void print(String text) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.print(text);
    out.flush();
  }

  /** Sends. */
  @Command(
      name = "send",
      mixinStandardHelpOptions = true,
      description = "Sends a message of at most 64 KiB to a topic.",
      exitCodeList = {"0:On its way.", "1:An error, or wrong use."})
  static final class Send implements Callable<Integer> {

    private static final int MAX_BYTES = 64 << 10;

    @Mixin private AgentQueryOptions query = new AgentQueryOptions();

    @Option(
        names = "--only",
        split = ",",
        paramLabel = "NODE",
        description = "Only to these nodes (default: to all others).")
    private List<String> only = new ArrayList<>();

    @Option(names = "--loop", description = "To the agent itself, too.")
    private boolean loop;

    @Option(
        names = "--fanout",
        paramLabel = "N",
        defaultValue = "1",
        description =
            "Along so many trees, against loss: 1 to 8, fewer where the agent has fewer neighbours"
                + " (default: ${DEFAULT-VALUE}).")
    private int fanout;

    @Option(
        names = "--ttl",
        paramLabel = "HOPS",
        defaultValue = "20",
        description = "At most so many links far: 0 to 64 (default: ${DEFAULT-VALUE}).")
    private int ttl;

    @Option(names = "--route", description = "With the names of the nodes that each copy came by.")
    private boolean route;

    @Option(
        names = "--all-copies",
        description = "Each copy is delivered (default: one to each node).")
    private boolean copies;

    @Parameters(index = "0", paramLabel = "TOPIC", description = "What it is about.")
    private String topic = "";

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "TEXT",
        description = "What is sent (default: what is on standard input).")
    private @Nullable String text;

    @Override
    public Integer call() throws IOException, InterruptedException {
      String given = text;
      byte[] payload =
          given == null
              ? System.in.readNBytes(MAX_BYTES + 1)
              : given.getBytes(StandardCharsets.UTF_8);
      if (payload.length > MAX_BYTES) {
        throw new IOException("a message of more than " + MAX_BYTES + " bytes");
      }
      Map<String, String> options = new TreeMap<>();
      if (!only.isEmpty()) {
        options.put("only", String.join(",", only));
      }
      options.put("loop", Boolean.toString(loop));
      options.put("fanout", Integer.toString(fanout));
      options.put("ttl", Integer.toString(ttl));
      options.put("route", Boolean.toString(route));
      options.put("once", Boolean.toString(!copies));
      String answer = query.stateClient().multicast(topic, payload, options);
      if (query.isJson()) {
        print(answer + "\n");
      }
      return CommandFrame.OK;
    }
  }

  /** Watches. */
  @Command(
      name = "watch",
      mixinStandardHelpOptions = true,
      description = {
        "Prints each message of a topic that comes to the agent, until it is ended.",
        "",
        "An agent ends a watch each minute; what is sent before it has begun again is missed."
      })
  static final class Watch implements Callable<Integer> {

    @Mixin private AgentQueryOptions query = new AgentQueryOptions();

    @Parameters(paramLabel = "TOPIC", description = "What the messages are about.")
    private String topic = "";

    @Option(
        names = "--count",
        paramLabel = "N",
        defaultValue = "0",
        description = "Ends after so many messages (default: never).")
    private long count;

    @Override
    public Integer call() throws IOException, InterruptedException {
      SharedStateClient client = query.stateClient();
      long[] printed = new long[1];
      client.watchTopic(
          topic,
          json -> {
            try {
              String line = StateText.ofMessage(json);
              if (!line.isEmpty()) {
                print(query.isJson() ? json + "\n" : line);
                printed[0]++;
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return count == 0 || printed[0] < count;
          });
      return CommandFrame.OK;
    }
  }
}
