package io.llamamesh.operator.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.operator.election.Candidacy.Step;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A candidate for a Lease, for ever: it leads when it can, and is a candidate again when it has
 * lost the Lease.
 *
 * <p>Never do two lead at once: a leader's {@link Term} ends {@link LeaseTimings#deadline()} after
 * it <em>asked</em> for its last renewal that was granted, whatever hangs; others wait for {@link
 * LeaseTimings#duration()} after they have seen that renewal.
 *
 * <p>Owns two threads, which end with {@link #close}. Any thread may call.
 */
public final class LeaderElector implements AutoCloseable {
  /** Learns what becomes of the election; called on the elector's thread, must not block. */
  public interface Listener {
    /** This process leads from now on. */
    void acquired(Term term);

    /**
     * It does not any more. The term has ended already.
     *
     * @param why for people
     */
    void lost(Term term, String why);

    /**
     * The Lease could not be read or written.
     *
     * @param problem what came of it; a {@link TimeoutException} where nothing came
     */
    void failed(Throwable problem);

    /**
     * The Lease was read or written.
     *
     * @param holder who holds it; empty: nobody
     */
    void observed(String holder);
  }

  /** The Lease after an attempt, as far as it is known, and whether we hold it by that attempt. */
  private record Attempt(@Nullable Lease lease, boolean held) {
    String holder() {
      String holder =
          lease == null || lease.getSpec() == null ? null : lease.getSpec().getHolderIdentity();
      return holder == null ? "" : holder;
    }
  }

  private static final String NOT_RENEWED = "it could not be renewed in time";
  private static final Set<Integer> CHANGED = Set.of(404, 409);

  private final LeaseStore store;
  private final String identity;
  private final LeaseTimings timings;
  private final Listener listener;
  private final LongSupplier nanoTime;
  private final Candidacy candidacy;
  private final ExecutorService requests =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("lease-request-", 0).factory());
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private @Nullable Lease known;
  private @Nullable Term term;
  private long termUntil;

  private LeaderElector(
      LeaseStore store,
      String identity,
      LeaseTimings timings,
      Listener listener,
      LongSupplier nanoTime) {
    this.store = store;
    this.identity = identity;
    this.timings = timings;
    this.listener = listener;
    this.nanoTime = nanoTime;
    this.candidacy = new Candidacy(identity, timings);
    this.thread = Thread.ofPlatform().name("leader-election").daemon().unstarted(this::run);
  }

  /**
   * Starts as a candidate.
   *
   * @param store stays the caller's
   * @param identity this candidate's name, different from all others'
   */
  public static LeaderElector start(
      LeaseStore store, String identity, LeaseTimings timings, Listener listener) {
    LeaderElector elector = new LeaderElector(store, identity, timings, listener, System::nanoTime);
    elector.thread.start();
    return elector;
  }

  /** Whether its thread is at work. */
  public boolean isAlive() {
    return thread.isAlive();
  }

  private void run() {
    try {
      do {
        attempt();
      } while (!closed.await(pause().toNanos(), TimeUnit.NANOSECONDS));
      release();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end("the operator stops");
    }
  }

  /** Until the next attempt; a leader whose deadline is near does not sleep beyond it. */
  private Duration pause() {
    if (term == null) {
      return timings.retryEvery();
    }
    Duration wanted = known == null ? timings.retryEvery() : timings.renewEvery();
    long left = Math.max(0, termUntil - nanoTime.getAsLong());
    return wanted.toNanos() < left ? wanted : Duration.ofNanos(left);
  }

  private void attempt() throws InterruptedException {
    if (term != null && !term.isHeld()) {
      end(NOT_RENEWED);
    }
    long asked = nanoTime.getAsLong();
    Lease before = term == null ? null : known;
    Future<Attempt> request = requests.submit(() -> tryAcquireOrRenew(before));
    try {
      Attempt attempt = request.get(bound(asked), TimeUnit.NANOSECONDS);
      known = attempt.lease();
      listener.observed(attempt.held() ? identity : attempt.holder());
      if (attempt.held()) {
        hold(asked);
      } else if (term != null && before == null) {
        end("operator " + attempt.holder() + " has acquired it");
      }
    } catch (TimeoutException e) {
      request.cancel(true);
      fail(e);
    } catch (ExecutionException e) {
      fail(cause(e));
    }
  }

  /** Time left of a leader's term, so that its end is noticed though an answer is awaited. */
  private long bound(long now) {
    long whole = timings.deadline().toNanos();
    return term == null ? whole : Math.min(whole, Math.max(1, termUntil - now));
  }

  private void fail(Throwable problem) {
    // Read it next time: another may have taken it, or the write may have arrived after all.
    known = null;
    if (!(problem instanceof KubernetesClientException k) || !CHANGED.contains(k.getCode())) {
      listener.failed(problem);
    }
    if (term != null && !term.isHeld()) {
      end(NOT_RENEWED);
    }
  }

  private void hold(long asked) {
    termUntil = asked + timings.deadline().toNanos();
    Term held = term;
    if (held != null && !held.isHeld()) {
      // The answer came too late for this term.
      end(NOT_RENEWED);
      held = null;
    }
    if (held == null) {
      held = new Term(nanoTime, termUntil);
      term = held;
      listener.acquired(held);
    } else {
      held.renew(termUntil);
    }
  }

  private void end(String why) {
    Term ended = term;
    if (ended != null) {
      term = null;
      ended.end();
      listener.lost(ended, why);
    }
  }

  /**
   * One attempt to have the Lease, on a thread of its own, so that it can be given up.
   *
   * @param before a leader's Lease as it wrote it last; null where it must be read
   */
  private Attempt tryAcquireOrRenew(@Nullable Lease before) {
    Lease lease = before == null ? store.get() : before;
    Step step;
    synchronized (candidacy) {
      step =
          candidacy.judge(
              lease != null, lease == null ? null : lease.getSpec(), nanoTime.getAsLong());
    }
    if (step == Step.WAIT) {
      return new Attempt(lease, false);
    }
    ZonedDateTime time = ZonedDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
    Lease wanted =
        new LeaseBuilder(lease == null ? new Lease() : lease)
            .withSpec(candidacy.heldSpec(lease == null ? null : lease.getSpec(), time))
            .build();
    Lease written = lease == null ? store.create(wanted) : store.replace(wanted);
    return new Attempt(written, true);
  }

  /** Gives the Lease back, where we hold it, so that another need not wait until it runs out. */
  private void release() {
    Term held = term;
    end("the operator stops");
    if (held == null) {
      return;
    }
    Future<?> request =
        requests.submit(() -> {
          Lease lease = store.get();
          if (lease != null
              && lease.getSpec() != null
              && identity.equals(lease.getSpec().getHolderIdentity())) {
            ZonedDateTime time = ZonedDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
            var _ =
                store.replace(
                    new LeaseBuilder(lease)
                        .withSpec(Candidacy.releasedSpec(lease.getSpec(), time))
                        .build());
          }
        });
    try {
      request.get(timings.renewEvery().toMillis() * 2, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      listener.failed(cause(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Throwable cause(Exception e) {
    Throwable cause = e.getCause();
    return cause == null ? e : cause;
  }

  /** Stops and gives the Lease back. Whatever worked in the term must have stopped before. */
  @Override
  public void close() {
    closed.countDown();
    try {
      thread.join(timings.deadline());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    requests.shutdownNow();
  }
}
