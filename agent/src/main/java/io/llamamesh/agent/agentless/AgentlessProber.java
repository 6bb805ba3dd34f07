package io.llamamesh.agent.agentless;

import io.llamamesh.agent.agentless.AgentlessTarget.Flight;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.collector.ProbePlan.AgentlessPair;
import io.llamamesh.agent.collector.ProbePlan.Method;
import io.llamamesh.agent.collector.StallLimits;
import io.llamamesh.agent.collector.WindowSource;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.PingDeniedException;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.TcpConnector;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.WallClock;
import io.llamamesh.agent.window.PairResult;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The probing of hosts without a reflector, tick by tick: read answers, settle, send what is due,
 * hand over windows. Belongs to one thread; sockets and clocks are the network's.
 */
final class AgentlessProber {

  /** TCP connections that are waited for at a time: each is a file descriptor. */
  static final int MAX_CONNECTING = 512;

  /** Longest time until an answer is read, where some is waited for. */
  private static final long READ_NANOS = 50_000_000L;

  /** The same where connections are: each is there until it is looked at. */
  private static final long CONNECTING_NANOS = 10_000_000L;

  /** Longest time until a closed window is handed over: well within the collector's grace. */
  private static final long IDLE_NANOS = 500_000_000L;

  /** The same without targets, until a plan comes. */
  private static final long NOBODY_NANOS = 10_000_000_000L;

  /** Time between two ticks, while an answer is waited for, from which on we stood still. */
  private static final long STALLED_NANOS = READ_NANOS + StallLimits.STALL_NANOS;

  /** Time after a stall within which the system hands over what it held back meanwhile. */
  private static final long AFTER_STALL_NANOS = 500_000_000L;

  /** What could not be opened is tried again after this time. */
  private static final long RETRY_NANOS = 10_000_000_000L;

  private static final int MAX_STATUSES = 1000;

  /** The one resource of all TCP targets. */
  private static final String TCP = "tcp";

  private final UdpNetwork network;
  private final WallClock clock;
  private final List<InetAddress> locals;
  private final RandomGenerator random;
  private final Consumer<WindowSource.Results> results;
  private final AgentlessListener listener;
  private final Map<Key, AgentlessTarget> targets = new LinkedHashMap<>();
  private final List<AgentlessTarget> leaving = new ArrayList<>();
  private final Map<Long, AgentlessTarget> byNonce = new HashMap<>();
  private final Map<InetAddress, PingSender> pings = new HashMap<>();
  private final Map<String, Failure> failures = new HashMap<>();
  private final Map<String, String> problems = new TreeMap<>();
  private final Map<Long, AttemptKey> attempts = new HashMap<>();
  private final TcpConnector.Sink tcpSink = this::decided;
  private final PingSender.Sink pingSink = new PingResults();
  private @Nullable TcpConnector connector;
  private long nextAttempt;
  private long interval = NOBODY_NANOS;
  private long now;
  private long stallFrom;
  private long stallTo;
  private boolean stepped;
  private int handedOver;
  private Map<SendResult, Integer> sendErrors = new EnumMap<>(SendResult.class);
  private Map<PeerError, Integer> errors = new EnumMap<>(PeerError.class);
  private Map<CollectorCounters.Event, Integer> events =
      new EnumMap<>(CollectorCounters.Event.class);

  private record Key(Method method, InetSocketAddress target, ProbePlan.TrafficClass type) {}

  /** What could not be opened, when, and how a probe that needs it is counted. */
  private record Failure(long at, SendResult result) {}

  private record AttemptKey(AgentlessTarget target, long number) {}

  /**
   * A prober with nobody to probe.
   *
   * @param locals addresses to send from, at most one of each family is used
   * @param random source of nonces; must be hard to guess
   * @param results takes each closed window
   */
  AgentlessProber(
      UdpNetwork network,
      List<InetAddress> locals,
      RandomGenerator random,
      Consumer<WindowSource.Results> results,
      AgentlessListener listener) {
    this.network = network;
    this.clock = new WallClock(network);
    this.locals = List.copyOf(locals);
    this.random = random;
    this.results = results;
    this.listener = listener;
    this.now = network.monotonicNanos();
    this.stallFrom = now;
    this.stallTo = now;
  }

  /** Makes this the plan; targets that it names again go on as they are. */
  void apply(ProbePlan plan) {
    interval = plan.intervalNanos();
    Map<Key, AgentlessPair> wanted = new LinkedHashMap<>();
    plan.agentless()
        .forEach(
            pair -> wanted.put(new Key(pair.method(), pair.target(), pair.trafficClass()), pair));
    targets
        .entrySet()
        .removeIf(entry -> {
          boolean gone = !wanted.containsKey(entry.getKey());
          if (gone) {
            leaving.add(entry.getValue());
          }
          return gone;
        });
    wanted.forEach((key, pair) -> {
      AgentlessTarget known = targets.get(key);
      if (known == null) {
        AgentlessTarget made =
            new AgentlessTarget(pair, random.nextLong(), network.monotonicNanos());
        targets.put(key, made);
        byNonce.put(made.nonce(), made);
      } else {
        known.plan(pair, network.monotonicNanos());
      }
    });
    problems
        .keySet()
        .removeIf(text -> targets.values().stream().noneMatch(t -> name(t).equals(text)));
    failures.clear(); // a new plan may name an address that is there now
  }

  /**
   * One tick.
   *
   * @param window id of the present window
   */
  void tick(int window) {
    stepped = clock.hasStepped();
    long before = now;
    // Taken before reading: what was in time by then is read before its probe is settled.
    now = network.monotonicNanos();
    if (now - before > STALLED_NANOS && all().anyMatch(AgentlessTarget::hasPending)) {
      stallFrom = before;
      stallTo = now;
    }
    pings.values().forEach(ping -> ping.read(pingSink, stepped));
    if (connector != null) {
      connector.poll(tcpSink);
    }
    all().forEach(this::expire);
    targets.values().forEach(target -> sendDue(target, window));
    handOver(window - 1);
  }

  private Stream<AgentlessTarget> all() {
    return Stream.concat(targets.values().stream(), leaving.stream());
  }

  /** Time until the next tick is needed, in nanoseconds. */
  long untilNextTick() {
    if (targets.isEmpty() && leaving.isEmpty()) {
      return NOBODY_NANOS;
    }
    long at = network.monotonicNanos();
    long wait = IDLE_NANOS;
    if (connector != null && connector.open() > 0) {
      wait = CONNECTING_NANOS;
    } else if (all().anyMatch(AgentlessTarget::hasPending)) {
      wait = READ_NANOS;
    }
    for (AgentlessTarget target : targets.values()) {
      wait = Math.min(wait, target.due() - at);
    }
    return Math.max(0, wait);
  }

  private void expire(AgentlessTarget target) {
    long timeout = target.trafficClass().timeoutNanos();
    for (Flight flight = target.oldest();
        flight != null && now - flight.sentAt >= timeout;
        flight = target.oldest()) {
      if (!flight.isSettled()) {
        if (isHeldBack(flight.sentAt + timeout)) {
          return;
        }
        cancel(target, flight.number);
        target.recordTimeout(flight, isOwnDrop(target, flight), now, interval);
      }
      target.forgetOldest();
    }
  }

  /**
   * Returns whether an answer may have come in its time and is not there yet, since we stood still
   * when that ended: where the whole machine did, its system takes it only when it goes on.
   */
  private boolean isHeldBack(long timeoutAt) {
    return timeoutAt - stallFrom >= 0
        && timeoutAt - stallTo <= 0
        && now - stallTo < AFTER_STALL_NANOS;
  }

  /**
   * RTT of an answer; 0 where we stood still while it was under way: if the whole machine did, it
   * is stamped when that went on.
   */
  private long rtt(Flight flight, long measured) {
    boolean isOfStall =
        flight.sentAt - stallTo < 0
            && flight.sentAt + measured - stallFrom > StallLimits.STALL_NANOS;
    return isOfStall ? 0 : measured;
  }

  private void cancel(AgentlessTarget target, long number) {
    if (target.method() != Method.TCP || connector == null) {
      return;
    }
    for (Map.Entry<Long, AttemptKey> attempt : attempts.entrySet()) {
      if (attempt.getValue().target() == target && attempt.getValue().number() == number) {
        connector.cancel(attempt.getKey());
        attempts.remove(attempt.getKey());
        return;
      }
    }
  }

  private boolean isOwnDrop(AgentlessTarget target, Flight flight) {
    PingSender ping = target.method() == Method.ICMP ? pings.get(local(target)) : null;
    return ping != null && ping.tryAttributeDrop(flight.sentAt);
  }

  private void sendDue(AgentlessTarget target, int window) {
    target.skipMissed(now, StallLimits.STALL_NANOS, window);
    if (now - target.due() < 0) {
      return;
    }
    target.passDue();
    SendResult result;
    long stamp;
    switch (target.method()) {
      case ICMP -> {
        PingSender ping = ping(target);
        if (ping == null) {
          countSendError(target, window, failure(resource(target)));
          return;
        }
        stamp = network.monotonicNanos();
        result =
            ping.send(
                target.remote(), target.trafficClass().tos(), target.nonce(), target.nextNumber());
      }
      default -> {
        TcpConnector tcp = connector(target);
        if (tcp == null) {
          countSendError(target, window, failure(TCP));
          return;
        }
        if (tcp.open() >= MAX_CONNECTING) {
          events.merge(CollectorCounters.Event.FLIGHTS_FULL, 1, Integer::sum);
          target.countSkipped(window);
          return;
        }
        stamp = network.monotonicNanos();
        InetAddress local = local(target);
        result =
            tcp.connect(
                local.isAnyLocalAddress() ? null : local,
                target.remote(),
                target.trafficClass().tos(),
                nextAttempt);
        if (result == SendResult.SENT) {
          attempts.put(nextAttempt, new AttemptKey(target, target.nextNumber()));
          nextAttempt++;
        }
      }
    }
    if (result != SendResult.SENT) {
      countSendError(target, window, result);
      return;
    }
    long took = network.monotonicNanos() - stamp;
    if (took > StallLimits.STALL_NANOS) {
      // We stood still in the middle: whether it is answered in time would be our doing, too.
      cancel(target, target.nextNumber());
      target.skipNumber();
      target.countSkipped(window);
      events.merge(CollectorCounters.Event.AGENT_PAUSED, 1, Integer::sum);
      return;
    }
    target.recordSent(stamp, window, took > StallLimits.SLOW_SEND_NANOS);
  }

  private void countSendError(AgentlessTarget target, int window, SendResult result) {
    target.countSendError(window);
    sendErrors.merge(result, 1, Integer::sum);
  }

  /** Address that probes of a target leave from; the family's wildcard for the routing table's. */
  private InetAddress local(AgentlessTarget target) {
    InetAddress own = target.trafficClass().local();
    if (own != null) {
      return own;
    }
    boolean v6 = !target.remote().isV4();
    for (InetAddress local : locals) {
      if (local instanceof Inet6Address == v6) {
        return local;
      }
    }
    return InetAddress.ofLiteral(v6 ? "::" : "0.0.0.0");
  }

  /** Sender of a target's echo requests; null, with the reason reported, where there is none. */
  private @Nullable PingSender ping(AgentlessTarget target) {
    InetAddress local = local(target);
    PingSender known = pings.get(local);
    if (known != null) {
      recordOpened(target);
      return known;
    }
    String resource = resource(target);
    if (shouldWait(target, resource)) {
      return null;
    }
    try {
      PingSender made = new PingSender(network, clock, local);
      pings.put(local, made);
      recordOpened(target);
      failures.remove(resource);
      return made;
    } catch (IOException e) {
      recordProblem(target, resource, e);
      return null;
    }
  }

  private String resource(AgentlessTarget target) {
    return "icmp " + local(target);
  }

  private SendResult failure(String resource) {
    Failure failure = failures.get(resource);
    return failure == null ? SendResult.FAILED : failure.result();
  }

  private @Nullable TcpConnector connector(AgentlessTarget target) {
    if (connector == null && !shouldWait(target, TCP)) {
      try {
        connector = network.newConnector();
      } catch (IOException e) {
        recordProblem(target, TCP, e);
      }
    }
    if (connector != null) {
      recordOpened(target);
    }
    return connector;
  }

  private boolean shouldWait(AgentlessTarget target, String resource) {
    Failure failed = failures.get(resource);
    return failed != null && now - failed.at() < RETRY_NANOS && problems.containsKey(name(target));
  }

  private void recordOpened(AgentlessTarget target) {
    if (!problems.isEmpty() && problems.remove(name(target)) != null) {
      listener.targetProbed(target.remote().address(), target.method());
    }
  }

  private void recordProblem(AgentlessTarget target, String resource, IOException e) {
    SendResult result = e instanceof PingDeniedException ? SendResult.DENIED : SendResult.FAILED;
    failures.put(resource, new Failure(now, result));
    String reason = Objects.requireNonNullElse(e.getMessage(), e.toString());
    if (!reason.equals(problems.put(name(target), reason))) {
      listener.targetNotProbed(target.remote().address(), target.method(), reason);
    }
  }

  private static String name(AgentlessTarget target) {
    InetSocketAddress address = target.remote().address();
    String ip = address.getAddress().getHostAddress();
    return switch (target.method()) {
      case ICMP -> ip + " (icmp)";
      case TCP -> ip + " port " + address.getPort() + " (tcp)";
    };
  }

  private void decided(
      long token,
      TcpConnector.Result result,
      @Nullable PeerError error,
      long rttNanos,
      boolean resent) {
    AttemptKey attempt = attempts.remove(token);
    Flight flight = attempt == null ? null : attempt.target().flight(attempt.number());
    if (attempt == null || flight == null || flight.isSettled()) {
      return;
    }
    AgentlessTarget target = attempt.target();
    if (result == TcpConnector.Result.UNREACHABLE) {
      // A router's word, which anybody can send: lost like any other, with the reason.
      recordError(target, Objects.requireNonNullElse(error, PeerError.OTHER));
    } else if (resent) {
      target.recordResent(flight, now);
    } else if (result == TcpConnector.Result.REFUSED) {
      target.recordRefused(flight, now);
    } else {
      target.recordReply(flight, rtt(flight, rttNanos), now);
    }
  }

  private void recordError(AgentlessTarget target, PeerError error) {
    target.recordError(error, now);
    errors.merge(error, 1, Integer::sum);
    events.merge(CollectorCounters.Event.NETWORK_ERROR, 1, Integer::sum);
  }

  /** What sockets of ICMP read. */
  private final class PingResults implements PingSender.Sink {
    @Override
    public void answered(long nonce, long number, InetAddress from, boolean whole, long arrival) {
      AgentlessTarget target = byNonce.get(nonce);
      if (target == null) {
        events.merge(CollectorCounters.Event.UNEXPECTED, 1, Integer::sum);
        return;
      }
      if (!target.remote().address().getAddress().equals(from)) {
        events.merge(CollectorCounters.Event.FOREIGN_ANSWER, 1, Integer::sum);
        return;
      }
      Flight flight = target.flight(number);
      if (flight == null) {
        events.merge(CollectorCounters.Event.UNEXPECTED, 1, Integer::sum);
      } else if (whole) {
        target.recordReply(flight, arrival == 0 ? 0 : rtt(flight, arrival - flight.sentAt), now);
      } else {
        events.merge(CollectorCounters.Event.GARBLED, 1, Integer::sum);
        target.recordDamaged(flight);
      }
    }

    @Override
    public void foreign() {
      events.merge(CollectorCounters.Event.NOT_A_PROBE, 1, Integer::sum);
    }

    @Override
    public void error(InetAddress to, PeerError error, int sequence, boolean isLocal) {
      for (AgentlessTarget target : targets.values()) {
        if (target.method() == Method.ICMP
            && target.remote().address().getAddress().equals(to)
            && (isLocal || target.isRecent(sequence))) {
          recordError(target, error);
          return;
        }
      }
      events.merge(CollectorCounters.Event.NETWORK_ERROR, 1, Integer::sum);
      events.merge(CollectorCounters.Event.UNPROVEN_ERROR, 1, Integer::sum);
    }
  }

  /** Closes windows up to this one whose probes have all had their time, and hands them over. */
  private void handOver(int ended) {
    int window = all().mapToInt(AgentlessTarget::oldestWindow).min().orElse(Integer.MAX_VALUE) - 1;
    window = Math.min(window, ended);
    if (window <= handedOver) {
      return;
    }
    closeUpTo(window);
  }

  private void closeUpTo(int window) {
    handedOver = window;
    Map<Integer, List<PairResult>> closed = new TreeMap<>();
    all().forEach(target -> target.close(window, closed));
    leaving.removeIf(target -> {
      boolean gone = !target.hasOpenWindow() && target.oldest() == null;
      if (gone) {
        byNonce.remove(target.nonce());
      }
      return gone;
    });
    if (closed.isEmpty() && events.isEmpty() && errors.isEmpty()) {
      return;
    }
    closed.putIfAbsent(window, List.of());
    closed.forEach((id, pairs) -> {
      results.accept(new WindowSource.Results(id, pairs, sendErrors, errors, events));
      sendErrors = new EnumMap<>(SendResult.class);
      errors = new EnumMap<>(PeerError.class);
      events = new EnumMap<>(CollectorCounters.Event.class);
    });
  }

  /** Returns whether every probe has its outcome and every window but the present was closed. */
  boolean isSettled() {
    return all().noneMatch(AgentlessTarget::hasPending);
  }

  /** Suppresses probes in flight and hands over all windows, the present one too. */
  void finish(int window) {
    all().forEach(AgentlessTarget::suppressPending);
    handOver(window);
  }

  /** Targets that cannot be probed from here, and why: one line each. */
  List<String> problems() {
    return problems.entrySet().stream()
        .map(problem -> problem.getKey() + ": " + problem.getValue())
        .toList();
  }

  /** Statuses of targets with a problem, at most {@value #MAX_STATUSES}. */
  List<PeerStatus> statuses() {
    return targets.values().stream()
        .map(target -> target.status(now))
        .flatMap(Stream::ofNullable)
        .limit(MAX_STATUSES)
        .toList();
  }

  /** Longest timeout of targets that are probed or leaving, in nanoseconds. */
  long longestTimeout() {
    return all().mapToLong(target -> target.trafficClass().timeoutNanos()).max().orElse(0);
  }

  void close() {
    pings.values().forEach(PingSender::close);
    pings.clear();
    if (connector != null) {
      connector.close();
    }
  }
}
