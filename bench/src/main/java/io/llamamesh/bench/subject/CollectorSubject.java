package io.llamamesh.bench.subject;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Our collector, which probes {@link Targets}. */
public final class CollectorSubject implements AutoCloseable {

  private static final String APPLIED = "config applied";
  private static final long PATIENCE_MILLIS = 20_000;

  private final Child child;
  private final ProgramApi api;
  private final Path config;

  private CollectorSubject(Child child, ProgramApi api, Path config) {
    this.child = child;
    this.api = api;
    this.config = config;
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
      return new CollectorSubject(child, new ProgramApi(Integer.parseInt(port)), config);
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
    return api.counter("llamamesh_probes_total{outcome=\"" + outcome + "\"");
  }

  /** The points of all windows that ended after a time. */
  public List<Point> points(Instant after) throws IOException, InterruptedException {
    String json = api.get("/influxdata?limit=1000&since=" + after);
    try (var points = ResultsJson.mapper().readerFor(Point.class).<Point>readValues(json)) {
      return points.readAll().stream()
          .filter(point -> point.measurement().equals("raw_stats"))
          .toList();
    }
  }

  /** Lets it probe other targets, or at another rate, and returns when it does. */
  public void reload(Targets targets) throws IOException, InterruptedException {
    int before = applied();
    Files.writeString(config, targets.document());
    child.signal("HUP");
    Child.pause(PATIENCE_MILLIS, () -> applied() > before);
    if (applied() == before) {
      throw new IOException("the collector does not read its config again: " + child.output());
    }
  }

  private int applied() {
    try {
      return child.output().split(APPLIED, -1).length;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Stops it where it is, so that another has the machine for itself. */
  public void suspend() throws IOException, InterruptedException {
    child.suspend();
  }

  /** Lets it go on: what came due meanwhile is skipped. */
  public void resume() throws IOException, InterruptedException {
    child.resume();
  }

  @Override
  public void close() {
    child.close();
    api.close();
  }
}
