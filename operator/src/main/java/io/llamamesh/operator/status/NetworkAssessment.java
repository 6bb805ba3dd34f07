package io.llamamesh.operator.status;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.MeshReport.Silent;
import io.llamamesh.results.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Assessment of a mesh's network from two sources: the word of the agents' fabric, which comes
 * within seconds, and the verdict over windows, which comes later and with numbers.
 *
 * <p>Guarantees:
 *
 * <ul>
 *   <li>What the fabric says stands over the windows' verdict as long as it says so.
 *   <li>After it, its last word is held until the windows of that time have been judged, so that
 *       the network is not called well between the two.
 *   <li>Where its word is missing, since the scrapers changed or watch no agent, its last one is
 *       held as long as windows need to see the same by themselves.
 *   <li>Windows refute it: where all of them began after the fault was found and show nothing, or a
 *       node's host says that only its agent is down. What was refuted is not said again before the
 *       fabric took it back.
 *   <li>Whose port of the fabric is blocked is no matter of the network: it is said beside, see
 *       {@link BlockedPorts}.
 * </ul>
 *
 * <p>One per mesh. Thread-safe.
 */
public final class NetworkAssessment {
  /** Until a window that has ended is judged: agents settle, scrapers fetch, and analyse. */
  private static final Duration PUBLICATION = Duration.ofSeconds(10);

  /**
   * Time for which a node that was unreachable and speaks again may be called cut off by a
   * partition: it has to find its links again.
   */
  private static final Duration RETURN = Duration.ofSeconds(3);

  /** As many as a judgement pools. */
  private static final int POOLED = 3;

  private final BlockedPorts blockedPorts = new BlockedPorts();
  private FabricPorts ports = FabricPorts.of(null);
  private Duration interval = Duration.ofSeconds(10);
  private Set<String> judged = Set.of();
  private Set<String> refuted = Set.of();
  private @Nullable FabricWord last;

  /** Till when the last word stands that is no longer said; null: it is being said. */
  private @Nullable Instant heldUntil;

  /** Since when the word is one of nodes that return; null: it is not. */
  private @Nullable Instant returningSince;

  /** Whether it was taken back, and is not only missing. */
  private boolean takenBack;

  /**
   * Sets what the assessment goes by from now on.
   *
   * @param interval length of the mesh's windows
   * @param judged nodes that the fabric may name: members with an agent that should run, but those
   *     that leave
   * @param ports what its messages say is to be let through
   */
  public synchronized void configure(Duration interval, Set<String> judged, FabricPorts ports) {
    this.ports = ports;
    this.interval = interval;
    this.judged = Set.copyOf(judged);
  }

  /** What is known of the network, of both sources. */
  public synchronized NetworkView assess(NetworkView view, Instant now) {
    NetworkView judgement = judge(view, now);
    if (!(judgement instanceof NetworkView.Known known)) {
      return judgement;
    }
    NavigableSet<String> blocked = blockedPorts.next(known.report().fabric(), judged, now);
    if (blocked.isEmpty()) {
      return known;
    }
    String keys = known.fabric() + " blocked " + blocked;
    return new NetworkView.Known(
        known.report(), keys, BlockedPorts.obstacle(blocked, ports.fabric()));
  }

  private NetworkView judge(NetworkView view, Instant now) {
    if (!(view instanceof NetworkView.Known known)) {
      if (last != null && heldUntil == null) {
        hold(interval.multipliedBy(POOLED), now);
      }
      return view;
    }
    if (heldUntil != null && !now.isBefore(heldUntil)) {
      last = null; // what ended while nobody was heard is not said again
    }
    MeshReport report = known.report();
    FabricWord said = FabricReports.word(report.fabric());
    FabricWord word = said == null ? null : refute(said.about(judged), report);
    if (word == null) {
      if (heldUntil == null) {
        hold(interval.multipliedBy(POOLED), now);
      }
    } else if (word.isClear()) {
      returningSince = null;
      if (!takenBack) {
        takenBack = true;
        hold(interval, now);
      }
    } else {
      FabricWord before = last;
      last = before != null && isOfReturn(word, before, now) ? before : word;
      heldUntil = null;
      takenBack = false;
    }
    FabricWord standing = last;
    if (standing == null) {
      heldUntil = null;
      return new NetworkView.Known(report);
    }
    FabricWord named = standing.about(judged).withoutKeys(refuted::contains);
    Instant until = heldUntil;
    if (named.isClear() || (until != null && !now.isBefore(until))) {
      last = null;
      heldUntil = null;
      return new NetworkView.Known(report);
    }
    return new NetworkView.Known(
        report.withVerdict(named.verdict(), message(named, ports, until != null, report)),
        String.join("; ", named.keys()),
        null);
  }

  /** Whether it says for a moment only that nodes which were unreachable are cut from the rest. */
  private boolean isOfReturn(FabricWord word, FabricWord before, Instant now) {
    if (!word.isReturnFrom(before)) {
      returningSince = null;
      return false;
    }
    Instant since = returningSince == null ? now : returningSince;
    returningSince = since;
    return now.isBefore(since.plus(RETURN));
  }

  private void hold(Duration windows, Instant now) {
    Instant until = now.plus(windows).plus(PUBLICATION);
    Instant before = heldUntil;
    heldUntil = before == null || before.isBefore(until) ? until : before;
  }

  /** The word without what the windows refute, now or before. */
  private FabricWord refute(FabricWord word, MeshReport report) {
    Set<String> next = new HashSet<>(refuted);
    next.retainAll(word.keys());
    report.silent().stream()
        .filter(silent -> silent.cause() == Cause.REFUSED)
        .map(Silent::name)
        .filter(word.keys()::contains)
        .forEach(next::add);
    if (report.verdict() == Verdict.HEALTHY) {
      Instant judged = report.time().minus(interval.multipliedBy(POOLED)).minus(PUBLICATION);
      Predicate<Instant> isOld = since -> since.isBefore(judged);
      word.unreachable().stream()
          .filter(gone -> isOld.test(gone.since()))
          .forEach(gone -> next.add(gone.node()));
      word.splits().stream()
          .filter(split -> isOld.test(split.since()))
          .forEach(split -> next.add(split.key()));
    }
    refuted = next.stream().collect(Collectors.toUnmodifiableSet());
    return word.withoutKeys(refuted::contains);
  }

  private static String message(
      FabricWord word, FabricPorts ports, boolean held, MeshReport windows) {
    String windowsSay =
        windows.verdict() == Verdict.HEALTHY || windows.verdict() == Verdict.NO_DATA
            ? ""
            : "; windows: " + windows.message();
    return word.sentence(ports)
        + (held ? ". No longer so, windows of that time are being judged" : "")
        + windowsSay;
  }
}
