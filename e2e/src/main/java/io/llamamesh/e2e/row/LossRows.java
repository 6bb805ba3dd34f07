package io.llamamesh.e2e.row;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Node;
import io.llamamesh.e2e.cluster.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Packets that get lost on the way. */
final class LossRows {
  private static final int NAMED_WINDOWS = 3;
  private static final int GONE_WINDOWS = 4;
  private static final Duration WATCHED = Duration.ofSeconds(45);

  /** From a window's end until it is known what became of its probes: their timeout and 2 s. */
  private static final Duration PUBLISHED = Duration.ofSeconds(3);

  /**
   * The time to read a window, poll the report and write the status; some 2 s on a quiet machine.
   */
  private static final Duration STATUS_WRITTEN = Duration.ofSeconds(10);

  /** A window, and the time to poll the report and write the status. */
  private static final Duration CURRENT = Stage.WINDOW.plusSeconds(5);

  private static final Pattern LOSS = Pattern.compile("([0-9.]+) ?% loss");

  private LossRows() {}

  static Row ingress() {
    return Row.ofShort(
        "ingress-loss",
        "20 % drop on one node's ingress: named with direction within 3 windows, numbers and message current at each"
            + " window, gone within 4 windows after",
        LossRows::ingress);
  }

  private static void ingress(Stage stage, Figures figures) throws Exception {
    stage.healthyMesh();
    Node node = stage.cluster().nodes().get(1);
    node.dropIngress("meta l4proto udp numgen random mod 100 < 20");
    try {
      Duration named =
          Wait.until(
              "loss on the ingress of " + node.name(),
              Stage.WINDOW.multipliedBy(NAMED_WINDOWS),
              () -> named(stage.mesh().status(), node.name(), "Ingress"));
      figures.note("named after", named);
      figures.note("numbers behind by at most", watchNumbers(stage));
    } finally {
      node.stopDropping();
    }
    Duration windows = untilEnd(GONE_WINDOWS, Instant.now());
    figures.note("gone after", stage.awaitHealthy(windows.plus(PUBLISHED).plus(STATUS_WRITTEN)));
  }

  /**
   * Time until the last of some windows ends, the first being the one that is going on.
   *
   * <p>Windows end at whole multiples of their length, so it matters when in one a fault goes.
   */
  static Duration untilEnd(int windows, Instant now) {
    long window = Stage.WINDOW.toMillis();
    long end = (now.toEpochMilli() / window + windows) * window;
    return Duration.ofMillis(end - now.toEpochMilli());
  }

  /** The part that a status lacks to name a node as the first suspect; empty: nothing. */
  static String named(JsonNode status, String node, String direction) {
    Mesh.Condition network = Mesh.condition(status, "NetworkHealthy");
    JsonNode suspect = status.at("/suspects/0");
    if (network.status().equals("False")
        && suspect.path("name").asText().equals(node)
        && suspect.path("direction").asText().equals(direction)) {
      return "";
    }
    return network + ", first suspect " + suspect;
  }

  private record Sample(Instant at, String loss, String message) {}

  /**
   * Watches status and report side by side.
   *
   * @return how old the numbers of the status were at most
   */
  private static Duration watchNumbers(Stage stage) throws InterruptedException {
    Deque<Sample> reports = new ArrayDeque<>();
    Duration oldest = Duration.ZERO;
    Instant end = Instant.now().plus(WATCHED);
    while (Instant.now().isBefore(end)) {
      JsonNode report = stage.mesh().report().orElse(null);
      Instant now = Instant.now();
      if (report != null) {
        String loss = rounded(report.at("/totals/lossPercent").asText());
        String message = loss(report.path("message").asText());
        Sample last = reports.peekLast();
        if (last == null || !last.loss().equals(loss) || !last.message().equals(message)) {
          reports.addLast(new Sample(now, loss, message));
        }
      }
      JsonNode status = stage.mesh().status();
      oldest =
          max(
              oldest,
              age(reports, now, "number", rounded(status.path("lossPercent").asText()), true));
      String message = loss(Mesh.condition(status, "NetworkHealthy").message());
      oldest = max(oldest, age(reports, now, "message", message, false));
      Thread.sleep(500);
    }
    return oldest;
  }

  /** Time since the report ceased to say what the status shows. */
  private static Duration age(
      Deque<Sample> reports, Instant now, String what, String shown, boolean number) {
    Instant replaced = now;
    for (Sample sample : reports.reversed()) {
      if (shown.equals(number ? sample.loss() : sample.message())) {
        Duration age = Duration.between(replaced, now);
        Failure.unless(
            age.compareTo(CURRENT) <= 0,
            what + " in the status is " + Figures.seconds(age) + " old: " + shown);
        return age;
      }
      replaced = sample.at();
    }
    // Older than what was seen since watching began.
    Duration age = Duration.between(replaced, now);
    Failure.unless(
        age.compareTo(CURRENT) <= 0,
        what + " in the status was never the report's in " + Figures.seconds(age) + ": " + shown);
    return age;
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  private static String loss(String message) {
    Matcher found = LOSS.matcher(message);
    return found.find() ? rounded(found.group(1)) : "";
  }

  /** Two digits, as the status shows numbers. */
  static String rounded(String number) {
    return number.isEmpty()
        ? ""
        : new java.math.BigDecimal(number)
            .round(new java.math.MathContext(2))
            .stripTrailingZeros()
            .toPlainString();
  }
}
