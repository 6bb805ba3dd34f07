package io.llamamesh.agent.http;

import io.llamamesh.agent.auth.PairKeyStatus;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.reflector.Disposition;
import io.llamamesh.agent.store.WindowPush;
import io.llamamesh.agent.window.Tally;
import io.llamamesh.http.EventStreams;
import io.llamamesh.tls.CertificateTrust;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code /metrics} in Prometheus' text format. All values are read from counters that exist anyway,
 * so the registry is built at the first scrape: an agent that nobody scrapes does not pay for it.
 */
final class Metrics {

  private final AgentState state;
  private final EventStreams streams;
  private final SharedStateApi shared;
  private @Nullable PrometheusMeterRegistry registry;
  private final AtomicBoolean fabricFilled = new AtomicBoolean();

  Metrics(AgentState state, EventStreams streams, SharedStateApi shared) {
    this.state = state;
    this.streams = streams;
    this.shared = shared;
  }

  Reply page(Query query) throws RequestException {
    query.allowOnly(Set.of());
    PrometheusMeterRegistry to = registry();
    if (state.fabric().get() != null && fabricFilled.compareAndSet(false, true)) {
      FabricMetrics.fill(to, state.fabric());
      FabricMetrics.fillWatches(to, streams);
      SharedStateMetrics.fill(to, state.fabric());
      SharedStateMetrics.fillRequests(to, shared);
    }
    byte[] text = to.scrape().getBytes(StandardCharsets.UTF_8);
    return new Reply(
        200, "text/plain; version=0.0.4; charset=utf-8", Map.of(), out -> out.write(text));
  }

  private synchronized PrometheusMeterRegistry registry() {
    PrometheusMeterRegistry built = registry;
    if (built == null) {
      built = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      fill(built);
      registry = built;
    }
    return built;
  }

  private void fill(PrometheusMeterRegistry to) {
    for (Tally tally : Tally.all()) {
      FunctionCounter.builder("llamamesh.probes", state.collector(), c -> c.count(tally))
          .description("Probes by outcome")
          .tag("outcome", tally.label())
          .register(to);
    }
    for (CollectorCounters.Event event : CollectorCounters.Event.values()) {
      FunctionCounter.builder("llamamesh.collector.events", state.collector(), c -> c.count(event))
          .description("Collector events by type")
          .tag("event", label(event))
          .register(to);
    }
    for (PeerError error : PeerError.values()) {
      FunctionCounter.builder("llamamesh.network.errors", state.collector(), c -> c.count(error))
          .description(
              "Network errors that quote a probe in flight by reason; kernels rate-limit them")
          .tag("reason", label(error))
          .register(to);
    }
    for (SendResult failure : SendResult.values()) {
      if (failure != SendResult.SENT) {
        FunctionCounter.builder("llamamesh.send.errors", state.collector(), c -> c.count(failure))
            .description("Probes that were not sent (send_error) by reason")
            .tag("reason", label(failure))
            .register(to);
      }
    }
    for (Disposition disposition : Disposition.values()) {
      FunctionCounter.builder(
              "llamamesh.reflector.datagrams", state.reflector(), c -> c.count(disposition))
          .description("Datagrams received by the reflector by disposition")
          .tag("verdict", label(disposition))
          .register(to);
    }
    FunctionCounter.builder("llamamesh.reflector.overflows", state.reflector(), c -> c.overflows())
        .description("Datagrams dropped because the reflector's receive buffer was full")
        .register(to);
    FunctionCounter.builder("llamamesh.reflector.checksums", state.reflector(), c -> c.checksums())
        .description("Datagrams dropped at the reflector's sockets for a wrong checksum")
        .register(to);
    FunctionCounter.builder("llamamesh.reflector.stalled", state.reflector(), c -> c.stalled())
        .description(
            "Replies that left more than 0.5 ms after their stamp; reported to their senders")
        .register(to);
    FunctionCounter.builder("llamamesh.reflector.pauses", state.reflector(), c -> c.pauses())
        .description("Stalls of the reflector of more than half a second; reported to its senders")
        .register(to);
    FunctionCounter.builder("llamamesh.reflector.replayed", state.reflector(), c -> c.replayed())
        .description(
            "Keyed probes reflected more than once, duplicated by the network or replayed;"
                + " counted for no sender")
        .register(to);
    FunctionCounter.builder("llamamesh.reflector.bursts", state.reflector(), c -> c.bursts())
        .description("Probes of bursts reflected; counted for no sender")
        .register(to);
    FunctionCounter.builder(
            "llamamesh.reflector.not.by.pair", state.reflector(), c -> c.notByPair())
        .description(
            "Probes from nodes that sign by keys of pairs, reflected without such a signature;"
                + " counted for no sender")
        .register(to);
    Gauge.builder("llamamesh.collector.targets.by.pair", state, Metrics::targetsByPair)
        .description("Targets whose probes are signed by a key of the pair")
        .register(to);
    FunctionCounter.builder(
            "llamamesh.reflector.other.senders", state.reflector(), c -> c.sources().others())
        .description("Probes reflected to senders beyond those counted separately")
        .register(to);
    Gauge.builder("llamamesh.collector.flows", state.flows(), f -> f.getAsInt())
        .description("Flows that probe now")
        .register(to);
    Gauge.builder("llamamesh.collector.flows.missing", state.collector(), c -> c.missingFlows())
        .description("Flows of the plan without a source port; retried")
        .register(to);
    for (PeerState peerState : PeerState.values()) {
      Gauge.builder("llamamesh.collector.peers", state.collector(), c -> c.peers(peerState))
          .description("Peers by state")
          .tag("state", label(peerState))
          .register(to);
    }
    Gauge.builder(
            "llamamesh.reflector.receive.buffer", state, s -> s.receiveBufferBytes().getAsInt())
        .description("The reflector's smallest receive buffer, as the kernel granted it")
        .baseUnit("bytes")
        .register(to);
    Gauge.builder("llamamesh.auth.current", state, s -> s.authProblem().get() == null ? 1 : 0)
        .description("1 unless the newest keys and tokens are unusable and older ones stay")
        .register(to);
    Gauge.builder("llamamesh.windows.retained", state.archive(), a -> a.size())
        .description("Closed windows retained")
        .register(to);
    FunctionCounter.builder("llamamesh.windows.evicted", state.archive(), a -> a.evicted())
        .description("Closed windows evicted before their retention was over, memory being bounded")
        .register(to);
    fillPush(to);
    FunctionCounter.builder("llamamesh.config.applied", state.config(), c -> c.get().applied())
        .description("Config documents applied")
        .register(to);
    FunctionCounter.builder("llamamesh.config.refused", state.config(), c -> c.get().refused())
        .description("Config documents refused")
        .register(to);
    Gauge.builder("llamamesh.config.current", state.config(), c -> c.get().error() == null ? 1 : 0)
        .description("1 unless the newest config document was refused")
        .register(to);
    Gauge.builder("llamamesh.config.watch.age", state, Metrics::watchAge)
        .description(
            "Time since the Kubernetes API last answered: how old the config may be; NaN with a"
                + " config file")
        .baseUnit("seconds")
        .register(to);
    FunctionCounter.builder("llamamesh.config.watch.failures", state, Metrics::watchFailures)
        .description("Failed requests for the config to the Kubernetes API")
        .register(to);
    FunctionCounter.builder(CertificateTrust.METRIC, state, Metrics::certificateRefusals)
        .description(CertificateTrust.DESCRIPTION)
        .register(to);
    Gauge.builder("llamamesh.config.ignored.keys", state.config(), c -> c.get().ignored().size())
        .description("Unknown keys in the running config document")
        .register(to);
    Gauge.builder("llamamesh.config.skipped.targets", state.config(), c -> c.get().skipped().size())
        .description("Targets of the running config document that cannot be probed")
        .register(to);
  }

  /** Zero where no windows are posted: a series that comes and goes is no base for an alert. */
  private void fillPush(PrometheusMeterRegistry to) {
    FunctionCounter.builder("llamamesh.push.posts", state, s -> pushed(s, WindowPush::posts))
        .description("Pages of windows posted that the scraper has stored")
        .register(to);
    FunctionCounter.builder("llamamesh.push.failures", state, s -> pushed(s, WindowPush::failures))
        .description("Posts of windows that were not acknowledged; retried")
        .register(to);
    FunctionCounter.builder(
            "llamamesh.push.given.up.windows", state, s -> pushed(s, WindowPush::givenUp))
        .description(
            "Windows that were never posted: no longer retained, refused for good, or measured"
                + " before the clock was set")
        .register(to);
    Gauge.builder("llamamesh.push.backlog.windows", state, s -> pushed(s, WindowPush::backlog))
        .description("Windows that wait to be posted")
        .register(to);
  }

  private static double targetsByPair(AgentState state) {
    Supplier<PairKeyStatus> keys = state.pairKeys();
    return keys == null ? 0 : keys.get().provenTargets();
  }

  private static double pushed(AgentState state, ToLongFunction<WindowPush> number) {
    return state.push() == null ? 0 : number.applyAsLong(state.push());
  }

  private static double watchAge(AgentState state) {
    return state.configWatch() == null ? Double.NaN : state.configWatch().ageSeconds();
  }

  private static double watchFailures(AgentState state) {
    return state.configWatch() == null ? 0 : state.configWatch().failures();
  }

  private static double certificateRefusals(AgentState state) {
    return state.configWatch() == null ? 0 : state.configWatch().certificateRefusals();
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
