package io.llamamesh.agent.http;

import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.MemberState;
import io.llamamesh.results.FabricMembers;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Checks of members that applications ask for, as their own connections have failed: {@code POST
 * /v1/members/NAME/check}. The answer is the member's state once it was heard after the question or
 * is held for down, after {@link #PATIENCE} at the latest. Bounded in rate. Thread-safe.
 */
final class MemberChecks {

  /** A silent peer is known after 650 ms and what word takes. */
  static final Duration PATIENCE = Duration.ofMillis(1_500);

  /** Checks at once after a quiet time; then one for each {@link #EACH}. */
  static final int BURST = 10;

  static final Duration EACH = Duration.ofMillis(500);

  private static final Duration POLL = Duration.ofMillis(25);

  private final LongSupplier clock;
  private double tokens = BURST;
  private long filledAt;

  private record Look(MemberState state, boolean isHeard) {}

  MemberChecks(LongSupplier clock) {
    this.clock = clock;
    this.filledAt = clock.getAsLong();
  }

  FabricMembers.Member check(FabricApi api, String name) throws RequestException {
    if (!hasToken()) {
      throw new RequestException(
          429, "too many checks: " + BURST + " at once, then one each " + EACH.toMillis() + " ms");
    }
    long asked = clock.getAsLong();
    MemberState before = known(api.ask(fabric -> begin(fabric, name)), name);
    try {
      Look now;
      do {
        now = known(api.ask(fabric -> look(fabric, name, asked)), name);
        if (isDecided(before, now)) {
          break;
        }
        Thread.sleep(POLL);
      } while (clock.getAsLong() - asked < PATIENCE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(503, "the agent is stopping");
    }
    return known(api.ask(fabric -> FabricApi.member(fabric, name)), name);
  }

  private static <T> T known(@Nullable T answer, String name) throws RequestException {
    if (answer == null) {
      throw new RequestException(404, "no member is called " + name);
    }
    return answer;
  }

  private @Nullable MemberState begin(Fabric fabric, String name) {
    MemberState state = fabric.state(name);
    if (state != null && !name.equals(fabric.self().name())) {
      fabric.check(clock.getAsLong(), name);
    }
    return state;
  }

  private @Nullable Look look(Fabric fabric, String name, long asked) {
    MemberState state = fabric.state(name);
    if (state == null) {
      return null;
    }
    long now = clock.getAsLong();
    double heard = fabric.heardSecondsAgo(name, now);
    boolean isSelf = name.equals(fabric.self().name());
    return new Look(state, isSelf || (heard >= 0 && heard < (now - asked) / 1e9));
  }

  /** Who is down is waited for: it may be back, and is heard before it is up. */
  private static boolean isDecided(MemberState before, Look now) {
    return now.state() == MemberState.UP ? now.isHeard() : before == MemberState.UP;
  }

  private synchronized boolean hasToken() {
    long now = clock.getAsLong();
    tokens = Math.min(BURST, tokens + (now - filledAt) / (double) EACH.toNanos());
    filledAt = now;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
