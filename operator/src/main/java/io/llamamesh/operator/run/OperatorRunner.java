package io.llamamesh.operator.run;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.operator.EmbeddedOperator;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.operator.election.KubernetesLease;
import io.llamamesh.operator.election.LeaderElector;
import io.llamamesh.operator.election.Term;
import io.llamamesh.tls.CertificateTrust;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's life in one process: waits for the API server, is a candidate where one of several
 * works, works while it leads, and begins anew after whatever ended its work. It ends with {@link
 * #close} only.
 *
 * <p>Each term has an {@link EmbeddedOperator} and a client of its own. When the term ends, the
 * client refuses writes at once, is then closed, and what is under way is cut off; the next term
 * begins when all of that is gone.
 *
 * <p>Any thread may call.
 */
public final class OperatorRunner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorRunner.class);
  private static final Duration RETRY_INITIAL = Duration.ofSeconds(1);

  /** Short, so that the status is true soon after an outage of whatever length. */
  private static final Duration RETRY_MAX = Duration.ofSeconds(5);

  /** Pace of checks of namespaces that could not be served. */
  private static final Duration ASK_EVERY = Duration.ofSeconds(10);

  private static final Duration STOP_WITHIN = Duration.ofSeconds(10);
  private static final Duration STOP_ASKING_WITHIN = Duration.ofSeconds(2);
  private static final long CHECK_MILLIS = 250;
  private static final String ELECTION = "election";
  private static final String WORK = "work";

  private final ApiClients clients;
  private final OperatorOptions options;
  private final MeterRegistry registry;
  private final WatchAges ages = new WatchAges();
  private final ServedNamespaces namespaces;
  private final Outage outage = new Outage(Clock.systemUTC());
  private final Thread thread;
  private @Nullable KubernetesClient electionClient;
  private @Nullable LeaderElector elector;
  private volatile boolean candidate;
  private volatile @Nullable String leader;
  private volatile @Nullable Term term;
  private volatile @Nullable EmbeddedOperator operator;
  private volatile @Nullable KubernetesClient working;
  private volatile boolean closed;

  private OperatorRunner(ApiClients clients, OperatorOptions options, MeterRegistry registry) {
    this.clients = clients;
    this.options = options;
    this.registry = registry;
    this.namespaces = new ServedNamespaces(options.namespaces(), registry);
    this.thread = Thread.ofPlatform().name("operator-runner").unstarted(this::run);
    Gauge.builder("llamamesh.operator.leader", this, runner -> runner.isLeading() ? 1 : 0)
        .description("1 while this operator leads or is the only one, else 0")
        .register(registry);
    Gauge.builder("llamamesh.operator.watch.age", ages, a -> a.oldest().toMillis() / 1e3)
        .description("Age of what is watched: time since the most silent watch received anything")
        .baseUnit("seconds")
        .register(registry);
    FunctionCounter.builder(CertificateTrust.METRIC, clients.trust(), CertificateTrust::refusals)
        .description(CertificateTrust.DESCRIPTION)
        .register(registry);
  }

  /**
   * Starts; returns at once.
   *
   * @param election how one of several is chosen; absent: this is the only one
   * @param registry takes the operator's meters; stays the caller's
   */
  public static OperatorRunner start(
      ApiClients clients,
      OperatorOptions options,
      @Nullable LeaderElection election,
      MeterRegistry registry) {
    OperatorRunner runner = new OperatorRunner(clients, options, registry);
    if (election == null) {
      runner.term = Term.unlimited();
    } else {
      runner.startElection(election);
    }
    runner.thread.start();
    return runner;
  }

  private void startElection(LeaderElection election) {
    KubernetesClient client = clients.openForLease();
    KubernetesLease lease = new KubernetesLease(client, election.namespace(), LeaderElection.LEASE);
    electionClient = client;
    candidate = true;
    elector =
        LeaderElector.start(
            lease,
            election.identity(),
            election.timings(),
            new LeaderElector.Listener() {
              @Override
              public void acquired(Term next) {
                LOG.info("acquired leadership lease={}", lease.name());
                begin(next);
              }

              @Override
              public void lost(Term ended, String why) {
                if (closed) {
                  LOG.info("releasing leadership lease={}", lease.name());
                } else {
                  String cause = outage.cause();
                  LOG.warn(
                      "lost leadership lease={} error=\"{}\"",
                      lease.name(),
                      cause.isEmpty() ? why : why + ": " + cause);
                }
                end();
              }

              @Override
              public void failed(Throwable problem) {
                LOG.debug("lease request failed", problem);
                outage.failed(ELECTION, ApiErrorMessage.oneLine(clients.server(), problem));
              }

              @Override
              public void observed(String holder) {
                outage.recovered(ELECTION);
                if (!holder.equals(leader)) {
                  leader = holder;
                  if (!holder.isEmpty() && !holder.equals(election.identity())) {
                    LOG.info("standing by lease={} leader={}", lease.name(), holder);
                  }
                }
              }
            });
  }

  private synchronized void begin(Term next) {
    term = next;
    notifyAll();
  }

  /** Ends work at once; must not block. */
  private void end() {
    EmbeddedOperator running;
    KubernetesClient client;
    synchronized (this) {
      term = null;
      running = operator;
      client = closed ? null : working;
      notifyAll();
    }
    if (running != null) {
      running.stopReconciling();
    }
    if (client != null) {
      Thread.ofVirtual().name("cut-off").start(client::close);
    }
  }

  private void run() {
    try {
      for (Term next = await(); next != null; next = await()) {
        serveTerm(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next term; null where there will be none. */
  private synchronized @Nullable Term await() throws InterruptedException {
    while (term == null && !closed) {
      wait();
    }
    return closed ? null : term;
  }

  private boolean shouldContinue(Term mine) {
    return !closed && mine == term && mine.isHeld();
  }

  private void serveTerm(Term mine) throws InterruptedException {
    Duration pause = RETRY_INITIAL;
    while (shouldContinue(mine)) {
      try {
        Set<String> served = served();
        try (KubernetesClient client = clients.open(ages, mine::isHeld)) {
          working = client;
          if (shouldContinue(mine)) {
            operate(client, served, mine);
            pause = RETRY_INITIAL;
          }
        } finally {
          working = null;
        }
      } catch (RuntimeException e) {
        if (shouldContinue(mine)) {
          LOG.debug("serving the term failed", e);
          outage.failed(WORK, ApiErrorMessage.oneLine(clients.server(), e));
        }
      }
      sleep(mine, pause);
      pause = min(pause.multipliedBy(2), RETRY_MAX);
    }
    outage.recovered(WORK);
    namespaces.forget();
  }

  /** Asks for what is needed first, so that what is wrong is said in one line and at once. */
  private Set<String> served() {
    try (KubernetesClient client = clients.openForCheck()) {
      return namespaces.find(client, Instant.now());
    }
  }

  /** Those among them that were due to be asked for, and can be served. */
  private Set<String> servedAgain() {
    Instant now = Instant.now();
    Set<String> due = namespaces.due(now);
    if (due.isEmpty()) {
      return Set.of();
    }
    try (KubernetesClient client = clients.openForCheck()) {
      return namespaces.recheck(client, due, now);
    }
  }

  private void operate(KubernetesClient client, Set<String> served, Term mine)
      throws InterruptedException {
    Set<Meter.Id> before =
        registry.getMeters().stream().map(Meter::getId).collect(Collectors.toSet());
    EmbeddedOperator started =
        EmbeddedOperator.start(client, options.withNamespaces(served), registry);
    Thread asking =
        Thread.ofVirtual().name("namespaces").unstarted(() -> pollNamespaces(started, served));
    try {
      operator = started;
      if (!options.namespaces().isEmpty()) {
        asking.start();
      }
      outage.recovered(WORK);
      LOG.info(
          "operator started server={} namespaces={}",
          client.getMasterUrl(),
          served.isEmpty() ? "all" : served);
      synchronized (this) {
        while (shouldContinue(mine) && !started.isBroken()) {
          wait(CHECK_MILLIS);
        }
      }
    } finally {
      operator = null;
      started.stopReconciling();
      asking.interrupt();
      if (!mine.isHeld()) {
        // What is under way must not arrive after another has begun.
        client.close();
      }
      ended(asking);
      started.close();
      removeGauges(before);
    }
    if (shouldContinue(mine)) {
      throw new IllegalStateException("a watch ended for good; all are opened anew");
    }
  }

  /** Has further namespaces served once they can be; those that no longer can stay watched. */
  private void pollNamespaces(EmbeddedOperator started, Set<String> servedFirst) {
    Set<String> all = new TreeSet<>(servedFirst);
    try {
      while (!started.isBroken()) {
        Thread.sleep(ASK_EVERY);
        try {
          if (all.addAll(servedAgain())) {
            started.changeNamespaces(Set.copyOf(all));
          }
        } catch (RuntimeException e) {
          LOG.debug("checking namespaces failed", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void ended(Thread asking) {
    try {
      if (asking.isAlive() && !asking.join(STOP_ASKING_WITHIN)) {
        LOG.warn("namespace check did not stop in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A gauge keeps what it was made for; those of the next term are others. */
  private void removeGauges(Set<Meter.Id> before) {
    registry.getMeters().stream()
        .filter(meter -> meter instanceof Gauge && !before.contains(meter.getId()))
        .forEach(registry::remove);
  }

  private synchronized void sleep(Term mine, Duration pause) throws InterruptedException {
    long until = System.nanoTime() + pause.toNanos();
    for (long left = pause.toNanos();
        left > 0 && shouldContinue(mine);
        left = until - System.nanoTime()) {
      wait(Math.min(CHECK_MILLIS, left / 1_000_000 + 1));
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** Whether it works, or is about to. */
  public boolean isLeading() {
    Term held = term;
    return held != null && held.isHeld();
  }

  /** The operator of the present term; null where none works. */
  public @Nullable EmbeddedOperator operator() {
    return operator;
  }

  /** Empty where it works or stands by, else one line why not. */
  public String readinessProblem() {
    EmbeddedOperator running = operator;
    if (running != null) {
      Set<String> unwatched = running.unwatched();
      return unwatched.isEmpty() ? "" : "not watched: " + String.join(", ", unwatched);
    }
    String why = outage.cause();
    if (!why.isEmpty()) {
      return why;
    }
    if (candidate && term == null) {
      return leader == null ? "no answer of the API server yet" : "";
    }
    return "starting";
  }

  /** Empty, or why only a new process helps. */
  public String livenessProblem() {
    LeaderElector candidacy = elector;
    return thread.isAlive() && (candidacy == null || candidacy.isAlive())
        ? ""
        : "a thread of the operator has ended";
  }

  /** Stops working, then gives the Lease back, so that another can take over within a second. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      if (!thread.join(STOP_WITHIN)) {
        LOG.warn("reconciling did not stop in time seconds={}", STOP_WITHIN.toSeconds());
        KubernetesClient client = working;
        if (client != null) {
          client.close();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (elector != null) {
      elector.close();
    }
    if (electionClient != null) {
      electionClient.close();
    }
  }
}
