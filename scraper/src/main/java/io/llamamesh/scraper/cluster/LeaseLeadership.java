package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectorBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.llamamesh.crd.Names;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leadership by Lease {@code <mesh>-scraper}.
 *
 * <p>A scraper leads unless it knows that another one does: a leader stays one while the API is
 * unreachable, and a scraper that can neither read nor write the Lease for {@link #PATIENCE}
 * becomes one. So does one that finds a Lease of that name which is not the mesh's; it stays as it
 * is. Two leaders cost twice but store nothing twice; no leader would lose windows.
 *
 * <p>Owns one thread, which ends with {@link #close}.
 */
public final class LeaseLeadership implements Leadership {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseLeadership.class);
  // Another scraper takes over at most LEASE + 2.2 × RETRY after the leader's death: within two
  // windows.
  private static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration RENEW = Duration.ofSeconds(6);
  private static final Duration RETRY = Duration.ofSeconds(2);

  /** Time to wait for a first answer of the API. */
  static final Duration PATIENCE = Duration.ofSeconds(15);

  private final MeshOwner owner;
  private final String identity;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final CountDownLatch leaderSeen = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean leads;
  private volatile @Nullable String leader;
  private Runnable onChange = () -> {};
  private @Nullable Thread thread;

  /**
   * @param identity this scraper's name: its pod's
   */
  public LeaseLeadership(MeshOwner owner, String identity) {
    this.owner = owner;
    this.identity = identity;
  }

  @Override
  public synchronized void start(Runnable listener) {
    if (thread != null) {
      throw new IllegalStateException("already started");
    }
    onChange = listener;
    thread = Thread.ofVirtual().name("leadership").start(this::run);
  }

  @Override
  public boolean isLeader() {
    return leads;
  }

  @Override
  public @Nullable String leader() {
    return leader;
  }

  @Override
  public void close() {
    closed.countDown();
    Thread running;
    synchronized (this) {
      running = thread;
    }
    if (running != null) {
      running.interrupt();
      try {
        running.join(Duration.ofSeconds(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    threads.shutdownNow();
  }

  private void run() {
    try {
      while (!closed.await(0, TimeUnit.SECONDS)) {
        if (isStrangers()) {
          leadWithout("is not this mesh's: delete or rename it");
          if (closed.await(LEASE.toSeconds(), TimeUnit.SECONDS)) {
            return;
          }
          continue;
        }
        runElection();
        // An elector ends when it cannot renew the Lease; the next one learns the current leader.
        if (closed.await(1, TimeUnit.SECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether a Lease of that name is somebody else's. */
  private boolean isStrangers() {
    try {
      Lease lease =
          owner
              .client()
              .leases()
              .inNamespace(owner.namespace())
              .withName(Names.scraper(owner.mesh()))
              .get();
      return lease != null && !owner.owns(lease);
    } catch (KubernetesClientException e) {
      LOG.debug("lease not read", e);
      return false;
    }
  }

  private void leadWithout(String why) {
    if (!leads) {
      LOG.warn(
          "lease {}, so this scraper writes to the store, as each one that knows of no other leader"
              + " lease={}/{}",
          why,
          owner.namespace(),
          Names.scraper(owner.mesh()));
      setLeading(true);
    }
  }

  private void runElection() throws InterruptedException {
    CompletableFuture<?> term =
        new LeaderElectorBuilder(owner.client(), threads)
            .withConfig(
                new LeaderElectionConfigBuilder()
                    .withName(Names.scraper(owner.mesh()))
                    .withLock(new LeaseLock(owner.metadata(Names.scraper(owner.mesh())), identity))
                    .withLeaseDuration(LEASE)
                    .withRenewDeadline(RENEW)
                    .withRetryPeriod(RETRY)
                    .withReleaseOnCancel(true)
                    .withLeaderCallbacks(new LeaderCallbacks(() -> {}, () -> {}, this::leader))
                    .build())
            .build()
            .start();
    try {
      if (!leaderSeen.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        leadWithout("neither readable nor writable");
      }
      term.get();
    } catch (ExecutionException e) {
      LOG.debug("leader election stopped", e);
    } finally {
      // Releases the Lease if we hold it.
      term.cancel(true);
    }
  }

  /** Callback of the elector with the current holder of the Lease; empty: none. */
  private void leader(@Nullable String name) {
    leaderSeen.countDown();
    if (name == null || name.isEmpty() || closed.getCount() == 0) {
      return;
    }
    leader = name;
    setLeading(name.equals(identity));
  }

  private synchronized void setLeading(boolean leading) {
    if (leads != leading) {
      leads = leading;
      if (leading) {
        LOG.info("acquired leadership identity={}", identity);
      } else {
        LOG.info("lost leadership leader={}", leader);
      }
      onChange.run();
    }
  }
}
