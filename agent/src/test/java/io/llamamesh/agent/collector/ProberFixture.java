package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.FakeNetwork;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.window.Tally;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** A prober on a fake network with reflectors that a test can make misbehave. */
final class ProberFixture {

  static final long MILLI = 1_000_000L;
  static final long SECOND = 1000 * MILLI;

  /**
   * A probe as the wire sees it.
   *
   * @param sequence how many of its flow were sent before
   * @param onWire its sequence as it is written
   */
  record Probe(
      int nonce,
      int flow,
      int sequence,
      int onWire,
      int sourcePort,
      InetSocketAddress to,
      boolean hello) {}

  final FakeNetwork network = new FakeNetwork(this::sent);
  final WindowArchive archive = new WindowArchive("boot");
  final CollectorCounters counters = new CollectorCounters();
  final List<Probe> probes = new ArrayList<>();
  final List<String> states = new ArrayList<>();
  final List<String> reports = new ArrayList<>();
  final Prober prober;
  private final ProbeKeys keys;

  /** Called when a probe leaves, with its bytes. */
  Wire whenSent = (probe, from, bytes) -> {};

  /** Sees all that leaves. */
  interface Wire {
    void saw(Probe probe, FakeNetwork.FakeSocket from, byte[] bytes);
  }

  /** Dropped before the reflector. */
  Predicate<Probe> dropForward = p -> false;

  /** Dropped on the way back. */
  Predicate<Probe> dropReturn = p -> false;

  /** Answered twice. */
  Predicate<Probe> duplicate = p -> false;

  /** Replaces the answer by what arrives instead, one after the other. */
  BiFunction<Probe, byte[], List<byte[]>> garble = (probe, answer) -> List.of(answer);

  Predicate<Probe> refuse = p -> false;
  SendResult result = SendResult.SENT;

  /** Dropped by the reflector since its limit is reached; it reports them to the flow. */
  Predicate<Probe> overLimit = p -> false;

  /** Dropped by the reflector's full buffer; it reports them to everyone. */
  Predicate<Probe> overflow = p -> false;

  /** Leaves the reflector late after its stamp; later replies of the flow report it. */
  Predicate<Probe> stalledReply = p -> false;

  /** Set when the reflector reports such replies. */
  boolean reportsStalls = true;

  /** Delay of such replies. */
  long stall = 40 * MILLI;

  /** Happens, once, between the stamp of a probe and its sending. */
  Runnable duringSend = () -> {};

  /** Longest time until the prober's listener wants to know of a reply. */
  long longestDelay = Long.MAX_VALUE;

  /** Path MTU; 0 for none. */
  int mtu;

  /** The ToS byte with which probes arrive at the reflector. */
  int tosThere;

  /** Set while the reflector drains; afterwards it is another life of it. */
  boolean draining;

  /** Set while the reflector says that it was stalled until just now. */
  boolean reflectorStalled;

  /** Epoch of the reflector. */
  int epoch = 7;

  private boolean drainAnnounced;
  int arrivals;
  int overflows;
  long delay = 200_000;
  long residence = 50_000;

  private final Map<Integer, Integer> firsts = new HashMap<>();
  private final Map<Integer, Set<Integer>> seen = new HashMap<>();
  private final Map<Integer, Integer> limited = new HashMap<>();
  private final Map<Integer, Integer> stalled = new HashMap<>();
  private final ProbeParser parser = new ProbeParser();

  ProberFixture() {
    this(ProbeKeys.NONE);
  }

  /** One whose prober has these keys, as its reflectors do. */
  ProberFixture(ProbeKeys keys) {
    this.keys = keys;
    prober =
        new Prober(
            network,
            network.newPoller(),
            List.of(InetAddress.ofLiteral("127.0.0.11"), InetAddress.ofLiteral("::1")),
            new SplittableRandom(0x1234_5678),
            archive,
            counters,
            List::of,
            () -> keys,
            new PeerListener() {
              @Override
              public void changed(InetSocketAddress peer, PeerState before, PeerState now) {
                states.add(before + ">" + now);
              }

              @Override
              public long longestDelayNanos() {
                return longestDelay;
              }
            },
            new CollectorListener() {
              @Override
              public void unkeyedAnswer(InetSocketAddress target) {
                reports.add("unkeyed " + target);
              }

              @Override
              public void targetSkipped(InetSocketAddress target, String className, String reason) {
                reports.add("cannot probe " + className + ": " + reason);
              }

              @Override
              public void portsTaken(long total) {
                reports.add("stepped over " + total);
              }

              @Override
              public void portsRenewed(int flows) {
                reports.add("renewed " + flows);
              }

              @Override
              public void clockStepped(long total) {
                reports.add("clock " + total);
              }

              @Override
              public void failed(Throwable cause) {
                throw new AssertionError(cause);
              }
            });
  }

  static ProbePlan.TrafficClass type() {
    return new ProbePlan.TrafficClass("default", 0, 25000, SECOND, 1028);
  }

  static ProbePlan.Pair pair(int host, int ports, long period) {
    return new ProbePlan.Pair(
        type(),
        new InetSocketAddress(InetAddress.ofLiteral("127.0.0." + host), 8100),
        ports,
        period,
        false,
        Map.of("dst_ip", "127.0.0." + host));
  }

  /** The same over IPv6 or with keys. */
  static ProbePlan.Pair pair(InetSocketAddress target, int ports, long period, boolean keyed) {
    return new ProbePlan.Pair(
        type(),
        target,
        ports,
        period,
        keyed,
        Map.of("dst_ip", target.getAddress().getHostAddress()));
  }

  static ProbePlan plan(ProbePlan.Pair... pairs) {
    return new ProbePlan(10 * SECOND, 3600 * SECOND, List.of(pairs));
  }

  private SendResult sent(
      FakeNetwork.FakeSocket from, byte[] bytes, InetSocketAddress to, int tos) {
    Runnable happens = duringSend;
    duringSend = () -> {};
    happens.run();
    if (result != SendResult.SENT) {
      return result;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    boolean python = parser.tryParseLegacy(buffer, 0, bytes.length);
    if (!python && !parser.tryParse(buffer, 0, bytes.length)) {
      throw new AssertionError("the prober sent something that is no probe");
    }
    int at = parser.slotsAt();
    boolean hello = !python && (Slots.flags(buffer, at) & Slots.FLAG_HELLO) != 0;
    int onWire = parser.sequence(buffer);
    int first = firsts.computeIfAbsent(parser.flow(buffer), f -> onWire);
    Probe probe =
        new Probe(
            parser.nonce(buffer),
            parser.flow(buffer),
            ProbeFormat.distance(onWire, first),
            onWire,
            from.local().getPort(),
            to,
            hello);
    probes.add(probe);
    whenSent.saw(probe, from, bytes);
    if (refuse.test(probe)) {
      from.fail(PeerError.PORT_UNREACHABLE, to, bytes);
      return result;
    }
    if (mtu > 0 && bytes.length + 28 > mtu) {
      from.fail(PeerError.TOO_BIG, to, bytes, mtu);
      return result;
    }
    if (dropForward.test(probe)) {
      return result;
    }
    if (overflow.test(probe)) {
      overflows++;
      return result;
    }
    arrivals++;
    if (overLimit.test(probe)) {
      limited.merge(probe.flow(), 1, Integer::sum);
      return result;
    }
    if (!python) {
      reflect(probe, buffer, at);
    }
    long late = 0;
    if (stalledReply.test(probe)) {
      late = stall;
      stalled.put(probe.flow(), Slots.stalled(probe.onWire()));
    }
    if (!dropReturn.test(probe)) {
      for (byte[] answer : garble.apply(probe, bytes)) {
        from.deliver(answer, to, delay + late);
      }
      if (duplicate.test(probe)) {
        from.deliver(bytes, to, delay + 1000);
      }
    }
    return result;
  }

  private void reflect(Probe probe, ByteBuffer bytes, int at) {
    Set<Integer> flow = seen.computeIfAbsent(probe.flow(), f -> new TreeSet<>());
    flow.add(probe.sequence());
    int first = flow.stream().mapToInt(i -> i).min().orElseThrow();
    int highest = flow.stream().mapToInt(i -> i).max().orElseThrow();
    long bitmap = 0;
    for (int i = 0; i < 64; i++) {
      bitmap |= flow.contains(highest - 1 - i) ? 1L << i : 0;
    }
    int flags =
        Slots.FLAG_TOS_SEEN
            | (draining ? Slots.FLAG_DRAINING : 0)
            | (reflectorStalled ? Slots.FLAG_REFLECTOR_STALLED : 0);
    Slots.reply(bytes, at, flags, tosThere);
    int highestOnWire = (probe.onWire() + highest - probe.sequence()) & (ProbeFormat.MODULUS - 1);
    Slots.flow(bytes, at, highestOnWire, Math.min(64, highest - first), bitmap);
    if (drainAnnounced && !draining) {
      epoch++;
    }
    drainAnnounced = draining;
    Slots.reflector(bytes, at, epoch, limited.getOrDefault(probe.flow(), 0), arrivals, overflows);
    if (reportsStalls) {
      Slots.stalled(bytes, at, stalled.getOrDefault(probe.flow(), 0));
    }
    Slots.receivedAt(bytes, at, network.realtimeNanos());
    Slots.sentAt(bytes, at, network.realtimeNanos() + residence);
    if (keys.isRequired()) {
      keys.sign(bytes, 0, keys.signing());
    }
  }

  /** Lets time go by, tick by tick. */
  void run(long nanos) {
    for (long left = nanos; left > 0; left -= prober.tickNanos()) {
      network.advance(Math.min(left, prober.tickNanos()));
      prober.tick();
    }
  }

  /** Lets time go by without a tick: this process is stopped. */
  void stop(long nanos) {
    network.advance(nanos);
    prober.tick();
  }

  /** Sum over all published windows and pairs. */
  int published(Tally outcome) {
    return archive.after(0, 10_000).windows().stream()
        .flatMap(w -> w.pairs().stream())
        .mapToInt(p -> p.count(outcome))
        .sum();
  }
}
