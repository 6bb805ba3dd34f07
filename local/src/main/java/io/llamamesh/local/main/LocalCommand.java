package io.llamamesh.local.main;

import io.llamamesh.cli.CommandFrame;
import io.llamamesh.crd.DurationText;
import io.llamamesh.local.cluster.LocalNode;
import io.llamamesh.local.fault.Fault;
import io.llamamesh.local.main.LocalOptions.ExternalStore;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a real mesh on this machine until it is stopped, or for a while. */
@Command(
    name = "llama-mesh local",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a real mesh on this machine: the operator against an in-process stand-in for the Kubernetes API, an agent"
          + " process per node on 127.0.0.11 and up that really probe each other, a scraper, an embedded QuestDB as"
          + " the InfluxDB-compatible store, and the matrix page. Ctrl-C stops everything.",
      ""
    },
    footer = {
      "",
      "Faults: 'SOURCE>DESTINATION SETTINGS' or 'NODE down'. One side may be *. Settings: loss=20%%, delay=5ms,"
          + " sport=25003 (only that source port; alone it loses all of it). Between two nodes the source's probes"
          + " suffer; with * everything that the node sends or receives does, its answers and its fabric included."
          + " 'A,B | C,D' cuts two sides off from each other, 'A,B > C' keeps what A and B send from C: probes,"
          + " answers, and the fabric over TCP and UDP. Nodes go down and cuts begin after the first full matrix."
    },
    exitCodeList = {
      "0:Every pair reported and the store holds it, or it was stopped.",
      "1:The mesh did not start, or wrong use.",
      "2:A pair did not report, or the store does not hold it."
    })
final class LocalCommand implements Callable<Integer> {
  private static final long STOP_TIMEOUT_SECONDS = 15;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "6",
      description = "How many nodes, 2 to 200 (default: 6).")
  private int nodes;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      description =
          "Run so long after the first full matrix (30s, 5m), then print the final matrix and the store's row count.")
  private @Nullable String runFor;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "Port of the page on 127.0.0.1 (default: 8080; 0: any free one).")
  private int port;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Keep the store, logs and kubeconfig in this folder (default: a temporary one that is removed).")
  private @Nullable Path data;

  @Option(
      names = "--mesh",
      paramLabel = "FILE",
      description = "YAML with the LlamaMesh to use instead of the default one.")
  private @Nullable Path mesh;

  @Option(
      names = "--influxdb-url",
      paramLabel = "URL",
      description = "Write to this InfluxDB (v2 API) instead of the embedded store.")
  private @Nullable String influxdbUrl;

  @Option(
      names = "--influxdb-org",
      paramLabel = "ORG",
      defaultValue = "llama",
      description = "Its organisation (default: llama).")
  private String influxdbOrg = "llama";

  @Option(
      names = "--influxdb-bucket",
      paramLabel = "BUCKET",
      defaultValue = "llama",
      description = "Its bucket (default: llama).")
  private String influxdbBucket = "llama";

  @Option(
      names = "--influxdb-token-file",
      paramLabel = "FILE",
      description = "File with its token.")
  private @Nullable Path influxdbTokenFile;

  @Option(
      names = "--fault",
      paramLabel = "FAULT",
      description = "Something that shall be wrong, see below; may be given several times.")
  private List<String> faults = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    PrintStream out = System.out;
    PrintStream err = System.err;
    Terminal terminal = new Terminal(out, isTerminal());
    CountDownLatch ended = new CountDownLatch(1);
    Thread main = Thread.currentThread();
    Thread hook =
        new Thread(
            () -> {
              main.interrupt();
              try {
                ended.await(STOP_TIMEOUT_SECONDS, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return LocalRun.run(options(), terminal);
    } catch (UserError e) {
      err.println("llama-mesh local: " + e.getMessage());
      return CommandFrame.FAILED;
    } finally {
      ended.countDown();
    }
  }

  @SuppressWarnings("SystemConsoleNull") // it is null again since 25 where output is redirected
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private LocalOptions options() throws UserError {
    if (nodes < 2 || nodes > LocalNode.MAX_NODES) {
      throw new UserError("--nodes must be from 2 to " + LocalNode.MAX_NODES + ", was " + nodes);
    }
    if (port < 0 || port > 65535) {
      throw new UserError("--port must be from 0 to 65535, was " + port);
    }
    List<String> names = LocalNode.of(nodes, false).stream().map(LocalNode::name).toList();
    List<Fault> parsed = new ArrayList<>();
    for (String fault : faults) {
      try {
        parsed.add(Fault.parse(fault, names));
      } catch (IllegalArgumentException e) {
        throw new UserError(String.valueOf(e.getMessage()));
      }
    }
    return new LocalOptions(nodes, duration(), port, data, mesh, store(), parsed);
  }

  private @Nullable Duration duration() throws UserError {
    if (runFor == null) {
      return null;
    }
    try {
      return DurationText.parse(runFor);
    } catch (IllegalArgumentException e) {
      throw new UserError("--for: " + e.getMessage());
    }
  }

  private @Nullable ExternalStore store() throws UserError {
    if (influxdbUrl == null) {
      return null;
    }
    if (!influxdbUrl.matches("https?://[^ ]+") || !URI.create(influxdbUrl).isAbsolute()) {
      throw new UserError("--influxdb-url must begin with http:// or https://, was " + influxdbUrl);
    }
    try {
      String token = influxdbTokenFile == null ? "" : Files.readString(influxdbTokenFile).strip();
      return new ExternalStore(influxdbUrl, influxdbOrg, influxdbBucket, token);
    } catch (IOException e) {
      throw new UserError("--influxdb-token-file " + influxdbTokenFile + " can't be read");
    }
  }
}
