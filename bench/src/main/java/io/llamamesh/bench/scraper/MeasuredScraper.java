package io.llamamesh.bench.scraper;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.process.Usage;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The scraper as it is shipped, in a process of its own. */
final class MeasuredScraper implements AutoCloseable {
  private static final long START_SECONDS = 60;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Child child;
  private final String url;
  private final HttpClient http = HttpClient.newHttpClient();

  private MeasuredScraper(Child child, String url) {
    this.child = child;
    this.url = url;
  }

  /** Starts it; returns once its page is there. */
  static MeasuredScraper start(BenchFolder workspace, String collectors, String store)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(BenchFolder.program("scraper"));
    command.addAll(
        List.of(
            "scraper",
            "--bind=127.0.0.1",
            "--port=0",
            "--ingest-port=0",
            "--mesh=bench",
            "--collectors=" + collectors,
            store));
    Child child = Child.start("scraper", command, Map.of(), workspace.folder());
    try {
      Matcher line = child.await("scraper of mesh bench on (http://[0-9.:]+)/", START_SECONDS);
      return new MeasuredScraper(child, line.group(1));
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  /** Points that the store has acknowledged. */
  long pointsWritten() throws IOException, InterruptedException {
    JsonNode store = report().path("store");
    return store.path("pointsWritten").asLong();
  }

  /** The report that the operator polls. */
  JsonNode report() throws IOException, InterruptedException {
    return ResultsJson.mapper().readTree(get("/api/v1/report"));
  }

  /** The requests of the page when somebody looks at a large mesh. */
  void look() throws IOException, InterruptedException {
    get("/api/v1/matrix?windows=3&rollup=auto");
    get("/api/v1/windows");
  }

  /** A sample of its {@code /metrics}. */
  double metric(String name) throws IOException, InterruptedException {
    Matcher line =
        Pattern.compile("(?m)^" + Pattern.quote(name) + "(?:\\{[^}]*})? (\\S+)$")
            .matcher(get("/metrics"));
    if (!line.find()) {
      throw new IOException("the scraper has no metric " + name);
    }
    return Double.parseDouble(line.group(1));
  }

  /** CPU time of all its threads since its start, those that ended included. */
  double cpuSeconds() throws IOException {
    return ProcessHandle.of(child.pid())
            .flatMap(process -> process.info().totalCpuDuration())
            .orElseThrow(() -> new IOException("the scraper ended: " + output()))
            .toNanos()
        / 1e9;
  }

  /** {@code VmRSS}, {@code VmHWM} or {@code RssAnon}. */
  double mebibytes(String field) throws IOException {
    return Usage.mebibytes(child.pid(), field);
  }

  /** The end of what it printed. */
  String output() {
    try {
      String text = child.output().strip();
      return text.substring(Math.max(0, text.length() - 2_000));
    } catch (IOException e) {
      return "(no output)";
    }
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer;
    try {
      answer =
          http.send(
              HttpRequest.newBuilder(URI.create(url + path)).timeout(TIMEOUT).build(),
              HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IOException("the scraper does not answer: " + e + ": " + output(), e);
    }
    if (answer.statusCode() != 200) {
      throw new IOException("the scraper answers " + path + " with " + answer.statusCode());
    }
    return answer.body();
  }

  @Override
  public void close() {
    http.close();
    child.close();
  }
}
