package io.llamamesh.bench.attack;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Judge of one turn of an attack: looks at the mesh while it goes on, and counts after it. */
final class AttackJudge {

  private static final long LOOK_MILLIS = 500;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration JOIN = Duration.ofSeconds(20);

  private final AttackedMesh mesh;

  AttackJudge(AttackedMesh mesh) {
    this.mesh = mesh;
  }

  /**
   * Lets an attack have its turn.
   *
   * @return false where the mesh is too badly hurt to go on
   */
  boolean turn(Attack attack, Duration length, AttackTally tally)
      throws IOException, InterruptedException {
    long from = closed();
    long twice = mesh.ledger().contradictions();
    AtomicInteger looks = new AtomicInteger();
    AtomicInteger right = new AtomicInteger();
    AtomicBoolean over = new AtomicBoolean();
    Thread observer =
        Thread.ofVirtual()
            .start(() -> {
              while (attack.leavesVerdict() && !over.get() && pause()) {
                boolean well = mesh.isVerdictRight();
                // A look that began in this turn and ended after it belongs to none.
                if (!over.get()) {
                  looks.incrementAndGet();
                  right.addAndGet(well ? 1 : 0);
                }
              }
            });
    try {
      tally.attempted(attack.run(mesh, Instant.now().plus(length)));
    } finally {
      over.set(true);
      observer.interrupt();
      var _ = observer.join(JOIN);
    }
    String ended = mesh.ended();
    if (!ended.isEmpty()) {
      tally.failed(ended);
      return false;
    }
    tally.verdicts(looks.get(), right.get());
    if (right.get() < looks.get()) {
      tally.failed("the verdict was wrong");
    }
    long to = closed();
    long missing = awaitWindows(from, to);
    tally.windows(missing, mesh.ledger().contradictions() - twice);
    if (!awaitVerdict()) {
      tally.failed("the verdict afterwards is " + mesh.verdict());
    }
    for (AttackProgram program : mesh.programs()) {
      if (program.isAlive()) {
        tally.memory(program, program.peakMebibytes());
      }
    }
    return true;
  }

  /** End of the newest window that is over, epoch seconds. */
  private static long closed() {
    return Instant.now().getEpochSecond() / AttackedMesh.WINDOW * AttackedMesh.WINDOW;
  }

  private static boolean pause() {
    try {
      Thread.sleep(Duration.ofMillis(LOOK_MILLIS));
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** Waits until all windows of all pairs are stored; how many are not. */
  private long awaitWindows(long from, long to) throws InterruptedException {
    Instant end = Instant.now().plus(PATIENCE);
    long missing = missing(from, to);
    while (missing > 0 && Instant.now().isBefore(end)) {
      Thread.sleep(Duration.ofMillis(LOOK_MILLIS));
      missing = missing(from, to);
    }
    return missing;
  }

  private long missing(long from, long to) {
    long expected = (to - from) / AttackedMesh.WINDOW;
    long missing = 0;
    for (String pair : mesh.pairs()) {
      missing += Math.max(0, expected - mesh.ledger().windows(pair, from, to));
    }
    return missing;
  }

  private boolean awaitVerdict() throws InterruptedException {
    Instant end = Instant.now().plus(PATIENCE);
    boolean right = mesh.isVerdictRight();
    while (!right && Instant.now().isBefore(end)) {
      Thread.sleep(Duration.ofMillis(LOOK_MILLIS));
      right = mesh.isVerdictRight();
    }
    return right;
  }

  /**
   * Heals the bad way and compares what it dropped with what the mesh says.
   *
   * @return a line; null-free, and beginning with {@code held} or {@code NOT HELD}
   */
  String compareLoss() throws InterruptedException {
    mesh.path().lose(0);
    // Its last probes have their outcome in the window after next.
    Instant healed = Instant.now();
    long to = (healed.getEpochSecond() / AttackedMesh.WINDOW + 2) * AttackedMesh.WINDOW;
    while (Instant.now().getEpochSecond() < to) {
      Thread.sleep(Duration.ofMillis(LOOK_MILLIS));
    }
    long missing = awaitWindows(to - AttackedMesh.WINDOW, to);
    long dropped = mesh.path().dropped();
    double lost = mesh.ledger().total(AttackedMesh.badPair(), "lost");
    boolean held = missing == 0 && Math.abs(lost - dropped) <= dropped * 0.01;
    return "%-18s %-8s %-50s %.0f lost, %d dropped by the path, %d passed"
        .formatted(
            "the-real-fault",
            held ? "held" : "NOT HELD",
            "lost within 1 % of what the path dropped",
            lost,
            dropped,
            mesh.path().passed());
  }
}
