package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;

import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.window.PairResult;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Some minutes of a mesh in which everything fails at random, the same for the same seed, and what
 * truly became of its probes.
 */
final class FaultSchedule {

  private static final int PHASES = 25;
  private static final int OTHER_TOS = 32;

  private final ProberFixture mesh;
  private final RandomGenerator random;

  /** Not answered as they should: dropped somewhere, or answered later than their timeout. */
  private final Set<ProberFixture.Probe> failed = new HashSet<>();

  private final Set<ProberFixture.Probe> answered = new HashSet<>();

  /** In whose sending this process was stopped: nobody counts them. */
  private final Set<ProberFixture.Probe> uncounted = new HashSet<>();

  private boolean stoppedInSend;
  private double forward;
  private double back;
  private double limit;
  private double full;
  private double ownFull;
  private double refusals;
  private double garbled;
  private double twice;
  private double slow;

  FaultSchedule(ProberFixture mesh, long seed) {
    this.mesh = mesh;
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  static List<PairResult> results(ProberFixture mesh) {
    return mesh.archive.after(0, 10_000).windows().stream()
        .flatMap(window -> window.pairs().stream())
        .toList();
  }

  /** Plays it to the end; all windows are published then. */
  void play() {
    mesh.refuse = this::refused;
    mesh.dropForward = probe -> fails(probe, forward);
    mesh.overflow = probe -> fails(probe, full);
    mesh.overLimit = probe -> fails(probe, limit);
    mesh.dropReturn = this::droppedOnReturn;
    mesh.duplicate = this::answeredAgain;
    mesh.garble = this::garble;
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI), pair(13, 2, 100 * MILLI)));
    for (int phase = 0; phase < PHASES; phase++) {
      phase();
      mesh.run(random.nextLong(100 * MILLI, 8 * SECOND));
      event();
    }
    if (random.nextBoolean()) {
      sound();
      mesh.run(30 * SECOND);
    }
    mesh.prober.finish();
  }

  private void sound() {
    forward = back = limit = full = ownFull = refusals = garbled = twice = slow = 0;
    mesh.result = SendResult.SENT;
    mesh.mtu = 0;
    mesh.tosThere = 0;
    mesh.draining = false;
    mesh.duringSend = () -> {};
    stoppedInSend = false;
  }

  /** Draws the faults of some seconds: few, many, or none. */
  private void phase() {
    sound();
    switch (random.nextInt(8)) {
      case 0 -> forward = back = random.nextDouble();
      case 1 -> limit = full = random.nextDouble() * 0.5;
      case 2 -> refusals = random.nextBoolean() ? 1 : 0.3;
      case 3 -> garbled = twice = random.nextDouble();
      case 4 -> slow = random.nextDouble();
      case 5 -> mesh.draining = true;
      case 6 -> {
        ownFull = random.nextDouble() * 0.3;
        mesh.tosThere = OTHER_TOS;
      }
      default -> forward = back = limit = garbled = twice = slow = 0.05;
    }
    if (chance(0.1)) {
      mesh.result = random.nextBoolean() ? SendResult.DENIED : SendResult.NO_BUFFER;
    } else if (chance(0.1)) {
      mesh.mtu = 1000;
    } else if (chance(0.2)) {
      mesh.duringSend =
          () -> {
            stoppedInSend = true;
            mesh.network.advance(SECOND);
          };
    }
  }

  /** Draws faults that happen at once. */
  private void event() {
    switch (random.nextInt(6)) {
      case 0 -> mesh.stop(random.nextLong(5 * SECOND));
      case 1 -> mesh.network.step(random.nextLong(7200 * SECOND) - 3600 * SECOND);
      case 2 -> mesh.prober.apply(plan(pair(12, 1 + random.nextInt(6), 250 * MILLI)));
      case 3 -> mesh.prober.apply(plan(pair(12, 4, 250 * MILLI), pair(13, 2, 20 * MILLI)));
      case 4 -> mesh.network.interruption = () -> mesh.network.advance(SECOND);
      default -> {
        // Nothing: the next phase follows.
      }
    }
  }

  private boolean chance(double share) {
    return random.nextDouble() < share;
  }

  private boolean fails(ProberFixture.Probe probe, double share) {
    boolean fails = chance(share);
    if (fails) {
      failed.add(probe);
    }
    return fails;
  }

  /** Asked first, of every probe that leaves. */
  private boolean refused(ProberFixture.Probe probe) {
    if (stoppedInSend) {
      stoppedInSend = false;
      uncounted.add(probe);
    }
    mesh.delay = random.nextLong(50_000, 20 * MILLI);
    mesh.residence = random.nextLong(mesh.delay);
    if (chance(slow)) {
      mesh.delay = random.nextLong(4 * SECOND);
      mesh.residence = random.nextLong(mesh.delay + 1);
      if (mesh.delay - mesh.residence > SECOND) {
        failed.add(probe);
      }
    }
    return chance(refusals); // and the host says so
  }

  private boolean droppedOnReturn(ProberFixture.Probe probe) {
    if (fails(probe, ownFull)) {
      mesh.network.sockets.stream()
          .filter(socket -> socket.local().getPort() == probe.sourcePort())
          .forEach(socket -> socket.overflows++);
      return true;
    }
    return fails(probe, back);
  }

  private boolean answeredAgain(ProberFixture.Probe probe) {
    boolean again = chance(twice);
    if (again) {
      answered.add(probe);
    }
    return again;
  }

  private List<byte[]> garble(ProberFixture.Probe probe, byte[] answer) {
    byte[] wrong = Arrays.copyOf(answer, random.nextInt(1, 2000));
    if (!chance(garbled) || wrong.length == answer.length) {
      answered.add(probe);
      return List.of(answer);
    }
    if (random.nextBoolean()) {
      // Too short for a signature, it is nothing of ours.
      failed.add(probe);
      return List.of(wrong, wrong);
    }
    answered.add(probe);
    return List.of(wrong, answer);
  }

  /** Number of probes sent that count. */
  int sent() {
    return (int) mesh.probes.stream().filter(this::counts).count();
  }

  int lostAtMost() {
    return (int) failed.stream().filter(this::counts).count();
  }

  int answered() {
    return (int) answered.stream().filter(this::counts).count();
  }

  private boolean counts(ProberFixture.Probe probe) {
    return !probe.hello() && !uncounted.contains(probe);
  }
}
