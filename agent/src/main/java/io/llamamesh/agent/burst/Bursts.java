package io.llamamesh.agent.burst;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.tool.ToolRefusedException;
import io.llamamesh.agent.tool.ToolRefusedException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This agent's part in bursts: those that it was asked for, of which it collects the answers, and
 * those that it runs, for itself or for others. For all threads.
 *
 * <p>Guarantees: at most {@value BurstLimits#MAX_RUNNING} bursts run at a time, one for each
 * target, and together they send at most {@value BurstLimits#MAX_AGENT_PPS} probes per second; what
 * was asked for twice under one id runs once; of a burst that would be more than a target gets,
 * this agent's part does not run, whoever asks; a target that was probed rests as long as that
 * took; memory is bounded, whatever others send.
 */
public final class Bursts implements AutoCloseable {

  /** Topic of requests and answers. */
  public static final String TOPIC = "burst";

  private static final Logger LOG = LoggerFactory.getLogger(Bursts.class);

  /** Bursts that this agent remembers: those that it was asked for, and those that it ran. */
  private static final int REMEMBERED = 16;

  /** Ids of bursts that this agent ran and does not run again. */
  private static final int KNOWN_IDS = 256;

  private static final String OTHERS_UNKNOWN =
      "the fabric does not say now how many agents would take part";

  /**
   * Time after which those are asked again that have not answered, at the start and at the end: a
   * message is lost where an agent on its way has just died, and another way is known by then.
   */
  private static final Duration ASKED_AGAIN_AFTER = Duration.ofSeconds(2);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private final Supplier<@Nullable String> self;
  private final Supplier<BurstTargets> targets;
  private final BurstEngine engine;
  private final BurstSpread spread;
  private final InstantSource clock;

  private final Object lock = new Object();
  private final SequencedMap<String, BurstCollection> asked = new LinkedHashMap<>();

  private final SequencedSet<String> knownIds = new LinkedHashSet<>();

  /** This agent's last word on the last {@value #REMEMBERED} of them: results may be large. */
  private final SequencedMap<String, BurstRow> words = new LinkedHashMap<>();

  private final Map<String, BurstRequest> running = new HashMap<>();

  /** Targets that rest from a burst, and until when. */
  private final Map<String, Instant> resting = new HashMap<>();

  private final Set<Thread> threads = new HashSet<>();
  private final Map<BurstRow.State, Long> finished = new EnumMap<>(BurstRow.State.class);
  private long malformed;
  private boolean closed;

  /**
   * Bursts of an agent, none of them running.
   *
   * @param self this agent's name; null while it has none
   * @param targets members that its config has it probe
   */
  public Bursts(
      Supplier<@Nullable String> self,
      Supplier<BurstTargets> targets,
      BurstEngine engine,
      BurstSpread spread,
      InstantSource clock) {
    this.self = self;
    this.targets = targets;
    this.engine = engine;
    this.spread = spread;
    this.clock = clock;
  }

  /**
   * Begins a burst of all agents that may probe a target, and collects their answers.
   *
   * @throws ToolRefusedException when it is not begun
   */
  public BurstCollection start(BurstRequest request) throws ToolRefusedException {
    String problem = request.problem();
    if (problem != null) {
      throw new ToolRefusedException(Kind.INVALID, problem);
    }
    Set<String> sources =
        new HashSet<>(
            spread.others().orElseThrow(() -> new ToolRefusedException(Kind.BUSY, OTHERS_UNKNOWN)));
    String own = ownName();
    boolean known = request.target().equals(own) || sources.contains(request.target());
    if (!known && !targets.get().contains(request.target())) {
      throw new ToolRefusedException(
          Kind.UNKNOWN, "no member that this agent knows is called " + request.target());
    }
    boolean alone = sources.isEmpty();
    sources.add(own);
    sources.remove(request.target());
    if (sources.isEmpty()) {
      throw new ToolRefusedException(
          Kind.UNKNOWN,
          request.target() + " is this agent itself, and it knows no other; ask another agent");
    }
    checkSum(request, sources);
    Instant now = clock.instant();
    BurstCollection burst = new BurstCollection(request, now, sources);
    synchronized (lock) {
      checkFree(request, now);
      asked.put(request.id(), burst);
      while (asked.size() > REMEMBERED) {
        asked.pollFirstEntry();
      }
    }
    LOG.info(
        "burst asked for id={} target={} pps={} seconds={} by=\"{}\" agents={}",
        request.id(),
        request.target(),
        request.pps(),
        request.length().toSeconds(),
        request.by(),
        sources.size());
    if (!alone) {
      if (!trySend(request, Set.of(), false)) {
        LOG.warn("burst not spread, the fabric does not send id={}", request.id());
      }
      startReminder(burst);
    }
    if (sources.contains(own)) {
      run(request, own, own, null, row -> record(burst, row));
    }
    return burst;
  }

  private void startReminder(BurstCollection burst) {
    Thread thread =
        Thread.ofVirtual()
            .name("burst-reminder-" + burst.request().target())
            .unstarted(() -> remind(burst));
    synchronized (lock) {
      if (!closed) {
        threads.add(thread);
        thread.start();
      }
    }
  }

  private void remind(BurstCollection burst) {
    BurstRequest request = burst.request();
    try {
      Thread.sleep(ASKED_AGAIN_AFTER);
      sendAgain(request, burst.silent(), false);
      Thread.sleep(request.length());
      // Who began only now, as one that was started anew, would probe when nobody listens any more.
      sendAgain(request, burst.missing(), true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      synchronized (lock) {
        threads.remove(Thread.currentThread());
      }
    }
  }

  private void sendAgain(BurstRequest request, Set<String> left, boolean isOver) {
    Set<String> others = new HashSet<>(left);
    others.remove(ownName());
    if (!others.isEmpty()) {
      boolean sent = trySend(request, others, isOver);
      LOG.info("burst asked for again id={} agents={} sent={}", request.id(), others.size(), sent);
    }
  }

  private String ownName() {
    String name = self.get();
    return name == null ? "this agent" : name;
  }

  private static void checkSum(BurstRequest request, Collection<String> sources)
      throws ToolRefusedException {
    String excess = excess(request, sources.size());
    if (excess != null) {
      throw new ToolRefusedException(Kind.INVALID, excess);
    }
  }

  /** Reason why so many agents may not run a burst together; null when they may. */
  private static @Nullable String excess(BurstRequest request, int sources) {
    int most = BurstLimits.MAX_TARGET_PPS / Math.max(1, sources);
    return request.pps() <= most
        ? null
        : sources
            + " agents would send "
            + (long) sources * request.pps()
            + " probes per second, more than the "
            + BurstLimits.MAX_TARGET_PPS
            + " that one target gets: pps may be "
            + Math.max(1, most)
            + " at most";
  }

  /** The same for a burst that another agent asks for, by what this agent knows. */
  private @Nullable String excessHere(BurstRequest request, String own) {
    Collection<String> others = spread.others().orElse(null);
    if (others == null) {
      return OTHERS_UNKNOWN;
    }
    Set<String> sources = new HashSet<>(others);
    sources.add(own);
    sources.remove(request.target());
    return excess(request, sources.size());
  }

  private void checkFree(BurstRequest request, Instant now) throws ToolRefusedException {
    int incomplete = 0;
    for (BurstCollection other : asked.values()) {
      if (!other.isComplete(now)) {
        incomplete++;
        if (other.request().target().equals(request.target())) {
          throw busy(other.request());
        }
      }
    }
    if (incomplete >= BurstLimits.MAX_RUNNING) {
      throw new ToolRefusedException(
          Kind.BUSY, "this agent collects the answers to " + incomplete + " bursts already");
    }
    BurstRequest here = running.get(request.target());
    if (here != null) {
      throw busy(here);
    }
    String rest = rest(request.target(), now);
    if (rest != null) {
      throw new ToolRefusedException(Kind.BUSY, rest);
    }
  }

  /** Reason why a target is not probed again yet; null when it may be. */
  private @Nullable String rest(String target, Instant now) {
    Instant until = resting.get(target);
    return until == null || !now.isBefore(until)
        ? null
        : target
            + " rests from the last burst for "
            + (now.until(until, ChronoUnit.SECONDS) + 1)
            + " more seconds";
  }

  private static ToolRefusedException busy(BurstRequest other) {
    return new ToolRefusedException(
        Kind.BUSY,
        other.target()
            + " is probed by burst "
            + other.id()
            + " already, asked for by "
            + other.by());
  }

  private boolean trySend(BurstRequest request, Set<String> only, boolean isOver) {
    try {
      return spread.trySend(BurstDocuments.encode(request, isOver), only);
    } catch (IOException e) {
      LOG.warn("burst not encoded id={}", request.id(), e);
      return false;
    }
  }

  /**
   * Takes a message of another agent.
   *
   * @param origin its name
   */
  public void receive(String origin, byte[] bytes) {
    try {
      BurstDocuments.Message message = BurstDocuments.decode(bytes);
      BurstDocuments.Row answer = message.row();
      if (answer == null) {
        serve(origin, BurstDocuments.request(message), message.isOver());
        return;
      }
      BurstCollection burst = find(message.id()).orElse(null);
      if (burst != null) {
        record(burst, BurstDocuments.row(origin, answer));
      }
    } catch (IOException e) {
      synchronized (lock) {
        malformed++;
      }
      LOG.debug("burst message not read origin={} error={}", origin, e.toString());
    }
  }

  private void serve(String asker, BurstRequest request, boolean isOver) {
    String own = ownName();
    if (request.target().equals(own) || request.problem() != null) {
      return;
    }
    boolean known;
    BurstRow word;
    synchronized (lock) {
      known = knownIds.contains(request.id());
      word = words.get(request.id());
    }
    if (known) {
      if (word != null) {
        answer(asker, request.id(), word);
      }
      return;
    }
    if (isOver) {
      return;
    }
    // Not under the lock: the fabric may take a while to answer.
    String excess = targets.get().contains(request.target()) ? excessHere(request, own) : null;
    run(request, own, asker, excess, row -> answer(asker, request.id(), row));
  }

  private void answer(String asker, String id, BurstRow row) {
    try {
      var _ = spread.trySend(BurstDocuments.encode(id, row), Set.of(asker));
    } catch (IOException e) {
      LOG.warn("burst answer not encoded id={}", id, e);
    }
  }

  private void record(BurstCollection burst, BurstRow row) {
    if (!burst.tryRecord(row, clock.instant())) {
      LOG.debug("burst answer not taken id={} source={}", burst.request().id(), row.source());
    }
  }

  /**
   * Runs this agent's part, or refuses it; answers at once, and again at the end.
   *
   * @param asker agent that asks
   * @param excess reason why the burst is too much; null when it is not
   */
  private void run(
      BurstRequest request,
      String own,
      String asker,
      @Nullable String excess,
      Consumer<BurstRow> answer) {
    BurstTargets known = targets.get();
    BurstRow row;
    synchronized (lock) {
      if (!knownIds.add(request.id())) {
        return;
      }
      while (knownIds.size() > KNOWN_IDS) {
        knownIds.removeFirst();
      }
      if (!known.contains(request.target())) {
        row = BurstRow.notProbing(own);
      } else {
        String refusal = excess == null ? refusal(request) : excess;
        row = refusal == null ? BurstRow.running(own) : BurstRow.refused(own, refusal);
      }
      words.put(request.id(), row);
      while (words.size() > REMEMBERED) {
        words.pollFirstEntry();
      }
      if (row.state().isFinal()) {
        finished.merge(row.state(), 1L, Long::sum);
      } else {
        running.put(request.target(), request);
        ProbePlan plan = known.plan(request.target(), request.pps());
        Thread thread =
            Thread.ofVirtual()
                .name("burst-of-" + request.target())
                .unstarted(() -> probe(request, own, plan, answer));
        threads.add(thread);
        thread.start();
      }
    }
    if (row.state() == BurstRow.State.REFUSED) {
      LOG.warn(
          "burst refused id={} target={} asker={} by=\"{}\" error={}",
          request.id(),
          request.target(),
          asker,
          request.by(),
          row.reason());
    }
    answer.accept(row);
  }

  /** Reason why this agent runs no such burst now; null when it does. */
  private @Nullable String refusal(BurstRequest request) {
    if (closed) {
      return "the agent is stopping";
    }
    BurstRequest other = running.get(request.target());
    if (other != null) {
      return "burst " + other.id() + " is on its way to this target";
    }
    String rest = rest(request.target(), clock.instant());
    if (rest != null) {
      return rest;
    }
    if (running.size() >= BurstLimits.MAX_RUNNING) {
      return "this agent runs " + BurstLimits.MAX_RUNNING + " bursts already";
    }
    int sum = running.values().stream().mapToInt(BurstRequest::pps).sum() + request.pps();
    if (sum > BurstLimits.MAX_AGENT_PPS) {
      return "this agent would send "
          + sum
          + " probes per second in bursts, at most "
          + BurstLimits.MAX_AGENT_PPS
          + " are allowed";
    }
    return null;
  }

  private void probe(BurstRequest request, String own, ProbePlan plan, Consumer<BurstRow> answer) {
    LOG.info(
        "burst started id={} target={} pps={} seconds={} by=\"{}\"",
        request.id(),
        request.target(),
        request.pps(),
        request.length().toSeconds(),
        request.by());
    BurstRow row = BurstRow.failed(own, "the agent is stopping");
    try {
      BurstResult result = engine.run(plan, request.length());
      row = BurstRow.done(own, result);
      LOG.info(
          "burst done id={} target={} sent={} received={} lost={}",
          request.id(),
          request.target(),
          result.sent(),
          result.received(),
          result.lost());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      LOG.warn("burst failed id={} target={}", request.id(), request.target(), e);
      row = BurstRow.failed(own, String.valueOf(e.getMessage()));
    } finally {
      synchronized (lock) {
        running.remove(request.target());
        words.replace(request.id(), row);
        if (row.state() == BurstRow.State.DONE) {
          Instant now = clock.instant();
          resting.values().removeIf(until -> !now.isBefore(until));
          resting.put(request.target(), now.plus(request.length()));
        }
        threads.remove(Thread.currentThread());
        finished.merge(row.state(), 1L, Long::sum);
      }
    }
    answer.accept(row);
  }

  /** A burst that this agent was asked for, by its id. */
  public Optional<BurstCollection> find(String id) {
    synchronized (lock) {
      return Optional.ofNullable(asked.get(id));
    }
  }

  /** The last bursts that this agent was asked for, newest first. */
  public List<BurstCollection> recent() {
    synchronized (lock) {
      return List.copyOf(asked.sequencedValues().reversed());
    }
  }

  /** Bursts that this agent runs now. */
  public List<BurstRequest> running() {
    synchronized (lock) {
      return List.copyOf(running.values());
    }
  }

  /** Parts in bursts that ended in a state, since the start. */
  public long finished(BurstRow.State state) {
    synchronized (lock) {
      return finished.getOrDefault(state, 0L);
    }
  }

  /** Messages of others that were none. */
  public long malformed() {
    synchronized (lock) {
      return malformed;
    }
  }

  /** Ends what runs, and begins nothing any more. */
  @Override
  public void close() {
    List<Thread> left;
    synchronized (lock) {
      closed = true;
      left = List.copyOf(threads);
    }
    left.forEach(Thread::interrupt);
    try {
      for (Thread thread : left) {
        if (!thread.join(CLOSE_TIMEOUT)) {
          LOG.warn("burst does not end thread={}", thread.getName());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
