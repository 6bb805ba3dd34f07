package io.llamamesh.scraper.main;

import io.llamamesh.cli.CommandFrame;
import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.MatrixQuery;
import io.llamamesh.client.ScraperClient;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.document.Completeness;
import io.llamamesh.scraper.document.FabricLines;
import io.llamamesh.scraper.document.MatrixTable;
import io.llamamesh.scraper.matrix.WindowSelection;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Command {@code matrix}: prints the matrix of a running scraper in the terminal. */
@Command(
    name = "matrix",
    description = "Prints the loss and latency matrix of a running scraper.",
    footer = {"", "With --watch the last verdict counts, at Ctrl-C the shell's 130."},
    exitCodeList = {
      "0:The network is healthy.",
      "1:An error, such as no scraper or no data, or wrong use.",
      "2:The network is unhealthy, somebody is silent or unreachable, or too little is measured."
    },
    mixinStandardHelpOptions = true)
final class MatrixCommand implements Callable<Integer> {
  /** Of a whole answer: the matrix of a thousand nodes has 20 MB, and the link may be slow. */
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private static final int MAX_NODES = 24;
  private static final String HOME_AND_CLEAR = "\u001b[H\u001b[2J";

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8080",
      description = "URL of the scraper (default: ${DEFAULT-VALUE}).")
  private String server = "";

  @Option(names = "--json", description = "Print the JSON document of /api/v1/matrix.")
  private boolean json;

  @Option(names = "--watch", description = "Print again with every window, until Ctrl-C.")
  private boolean watch;

  @Option(
      names = "--windows",
      defaultValue = "3",
      description = "Windows to pool (default: ${DEFAULT-VALUE}).")
  private int windows = WindowSelection.DEFAULT_WINDOWS;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = "Always, never, or auto: on a terminal only (default: ${DEFAULT-VALUE}).")
  private Colour colour = Colour.AUTO;

  @Option(
      names = "--until-complete",
      paramLabel = "DURATION",
      converter = Durations.class,
      description =
          "Wait until every agent's pairs have reported, print the matrix and exit with 0 whatever"
              + " the verdict; exit with 1 and name missing agents if that takes longer than 10s, 2m, ...")
  private @Nullable Duration untilComplete;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "File with the bearer token that the scraper requires (default: no token).")
  private @Nullable Path tokenFile;

  private enum Colour {
    ALWAYS,
    NEVER,
    AUTO;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Environment environment;
  private @Nullable String token;
  private final ScraperClient scraper =
      new ScraperClient(ClientOptions.standard().withTimeout(TIMEOUT).withToken(() -> token));
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  MatrixCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (windows < 1 || windows > WindowSelection.MAX_WINDOWS) {
      throw new IOException(
          "--windows must be from 1 to " + WindowSelection.MAX_WINDOWS + ", was " + windows);
    }
    try (scraper) {
      if (untilComplete != null) {
        return awaitComplete(untilComplete);
      }
      MeshReport report = print();
      while (watch) {
        TimeUnit.SECONDS.sleep(Math.max(1, pause));
        report = watched(report);
      }
      return hasFault(report.fabric()) ? CommandFrame.BAD : exitCode(report.verdict());
    }
  }

  private static boolean hasFault(@Nullable FabricReport fabric) {
    return fabric != null
        && fabric.agents() > 0
        && (!fabric.partitions().isEmpty()
            || fabric.unreachable().stream()
                .anyMatch(each -> each.kind() == FabricReport.Kind.NODE));
  }

  private static int exitCode(Verdict verdict) {
    return switch (verdict) {
      case HEALTHY -> CommandFrame.OK;
      case NO_DATA -> CommandFrame.FAILED;
      case NODE_LOSS,
          ZONE_LOSS,
          MESH_LOSS,
          PARTITIONED,
          PROBES_BLOCKED,
          BLOCK_LOSS,
          PAIR_LOSS,
          PARTIAL_PATH,
          ONE_WAY_LOSS,
          HIGH_LATENCY,
          NODE_UNREACHABLE,
          TARGETS_SILENT,
          INCOMPLETE ->
          CommandFrame.BAD;
    };
  }

  /** Prints again; a scraper that does not answer is asked again later, as it may restart. */
  private MeshReport watched(MeshReport before) throws InterruptedException {
    try {
      return print();
    } catch (IOException e) {
      out.println(e.getMessage() + "; asking again");
      return before;
    }
  }

  private int awaitComplete(Duration patience) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      String missing = missing();
      if (missing.isEmpty()) {
        print();
        return 0;
      }
      if (System.nanoTime() - deadline > 0) {
        out.println("incomplete after " + patience.toSeconds() + " s: " + missing);
        return 1;
      }
      TimeUnit.SECONDS.sleep(1);
    }
  }

  /** The agents that have not reported yet, or the failure to find out; empty if all have. */
  private String missing() throws InterruptedException {
    try {
      return Completeness.missing(
          ScraperClient.readMatrix(get(MatrixQuery.last(windows).path()), server()));
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private long pause = 1;

  private MeshReport print() throws IOException, InterruptedException {
    byte[] body = get(MatrixQuery.last(windows).path());
    MeshReport report = ScraperClient.readReport(get(ScraperClient.REPORT), server());
    MatrixDocument document = ScraperClient.readMatrix(body, server());
    pause = document.intervalSeconds();
    if (json) {
      out.println(new String(body, StandardCharsets.UTF_8));
      return report;
    }
    if (watch && usesColour()) {
      out.print(HOME_AND_CLEAR);
    }
    out.print(new MatrixTable(usesColour(), MAX_NODES).render(document));
    FabricLines.of(report.fabric()).forEach(out::println);
    out.println(report.verdict().reason() + ": " + report.message());
    if (report.verdict() == Verdict.NO_DATA) {
      out.println("no data is not healthy: exit code 1");
    }
    return report;
  }

  private boolean usesColour() {
    return switch (colour) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO -> isTerminal(System.console()) && environment.find("NO_COLOR") == null;
    };
  }

  private static boolean isTerminal(@Nullable Console console) {
    return console != null && console.isTerminal();
  }

  private byte[] get(String path) throws IOException, InterruptedException {
    token = tokenFile == null ? null : token(tokenFile);
    try {
      return scraper.document(server(), path);
    } catch (ClientException e) {
      throw new IOException(explain(e), e);
    } catch (IllegalArgumentException e) {
      // A scheme that is none of HTTP's, or a token with a character that no header takes.
      throw new IOException(e.getMessage(), e);
    }
  }

  private URI server() throws IOException {
    try {
      URI uri = URI.create(server);
      if (uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Refused below, as one without a host.
    }
    throw new IOException("--server must be as http://host:8080, was '" + server + "'");
  }

  /** The failure with the option that may mend it. */
  private String explain(ClientException e) {
    return switch (e.kind()) {
      case UNREACHABLE ->
          "no scraper answers: " + e.getMessage() + "; start one or name it by --server";
      case TIMEOUT -> "no whole answer from the scraper: " + e.getMessage();
      case TOKEN_REFUSED ->
          tokenFile == null
              ? server + " asks for a token; name its file by --token-file"
              : server + " does not accept the token in " + tokenFile;
      case STATUS ->
          String.valueOf(e.getMessage()).contains("HTTP " + e.status() + ": ")
              ? String.valueOf(e.getMessage())
              : e.getMessage() + "; is that a llama-mesh scraper?";
      case TOO_LARGE, MALFORMED -> String.valueOf(e.getMessage());
    };
  }

  private static String token(Path file) throws IOException {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new IOException("--token-file cannot be read: " + e, e);
    }
  }
}
