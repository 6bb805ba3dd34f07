package io.llamamesh.bench.subject;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Our collector, which probes {@link Targets}. */
public final class CollectorSubject implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Child child;
  private final String api;
  private final HttpClient http = HttpClient.newHttpClient();

  private CollectorSubject(Child child, String api) {
    this.child = child;
    this.api = api;
  }

  /** Starts one; it probes until it is suspended or closed. */
  public static CollectorSubject start(BenchFolder workspace, Targets targets)
      throws IOException, InterruptedException {
    Path config = Files.createTempFile(workspace.folder(), "collector-", ".yaml");
    Files.writeString(config, targets.document());
    List<String> command = new ArrayList<>(BenchFolder.program("agent"));
    command.addAll(List.of("collector", "--bind", "127.0.0.1", "--api-port", "0"));
    command.addAll(List.of("--config", config.toString()));
    Child child = Child.start("collector", command, Map.of(), workspace.folder());
    try {
      String port = child.await("api=\\[127\\.0\\.0\\.1:(\\d+)", 20).group(1);
      return new CollectorSubject(child, "http://127.0.0.1:" + port);
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  /** Its process. */
  public long pid() {
    return child.pid();
  }

  /** Probes so far with an outcome as {@code /metrics} names it: {@code sent}, {@code received}. */
  public long probes(String outcome) throws IOException, InterruptedException {
    Pattern line =
        Pattern.compile(
            "^llamamesh_probes_total\\{outcome=\"" + outcome + "\"[^}]*} (\\S+)",
            Pattern.MULTILINE);
    Matcher matcher = line.matcher(get("/metrics"));
    if (!matcher.find()) {
      throw new IOException("/metrics has no probes with outcome " + outcome);
    }
    return (long) Double.parseDouble(matcher.group(1));
  }

  /** The points of all windows that ended after a time. */
  public List<Point> points(Instant after) throws IOException, InterruptedException {
    String json = get("/influxdata?limit=1000&since=" + after);
    try (var points = ResultsJson.mapper().readerFor(Point.class).<Point>readValues(json)) {
      return points.readAll().stream()
          .filter(point -> point.measurement().equals("raw_stats"))
          .toList();
    }
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(api + path)).timeout(PATIENCE).build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(path + " gave " + response.statusCode() + ": " + response.body());
    }
    return response.body();
  }

  /** Stops it where it is, so that another has the machine for itself. */
  public void suspend() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Lets it go on: what came due meanwhile is skipped. */
  public void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    String pid = Long.toString(child.pid());
    if (new ProcessBuilder("kill", "-" + name, pid).start().waitFor() != 0) {
      throw new IOException("no signal " + name + " to process " + pid);
    }
  }

  @Override
  public void close() {
    try {
      resume();
    } catch (IOException e) {
      // It has ended already.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    child.close();
    http.close();
  }
}
