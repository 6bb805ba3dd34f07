package io.llamamesh.agent.http;

import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.Outcome;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.reflector.Verdict;
import io.llamamesh.results.ResultsJson;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** How the agent is: {@code /status}, {@code /healthz}, {@code /readyz}. */
final class StateApi {

  private final AgentState state;

  StateApi(AgentState state) {
    this.state = state;
  }

  /** LLAMA's {@code ok}, or everything with {@code ?verbose}. */
  Reply status(Query query) throws Refusal {
    query.only(Set.of("verbose"));
    return query.get("verbose").isPresent() ? json(verbose()) : Reply.text(200, "ok");
  }

  Reply healthz(Query query) throws Refusal {
    query.only(Set.of());
    return Reply.text(200, "ok");
  }

  /** Whoever gets an answer has reached a bound API; the reflector was bound before it. */
  Reply readyz(Query query) throws Refusal {
    query.only(Set.of());
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("ready", true);
    body.put("config", config());
    return json(body);
  }

  private Map<String, Object> config() {
    ConfigState now = state.config().get();
    Map<String, Object> config = new LinkedHashMap<>();
    config.put(
        "state", now.error() != null ? "refused" : now.origin() == null ? "none" : "running");
    if (now.origin() != null) {
      config.put("origin", now.origin());
    }
    config.put("pairs", now.pairs());
    if (now.error() != null) {
      config.put("error", now.error());
    }
    config.put("ignoredKeys", now.ignored());
    config.put("skippedTargets", now.skipped());
    return config;
  }

  private Map<String, Object> verbose() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("network", state.network());
    body.put("reflector", state.bound());
    body.put("receiveBufferBytes", state.receiveBufferBytes());
    body.put("flows", state.flows().getAsInt());
    body.put("bootId", state.archive().bootId());
    body.put("windowsPublished", state.archive().published());
    body.put("windowsRetained", state.archive().size());
    body.put("config", config());
    Map<String, Object> probes = new LinkedHashMap<>();
    for (Outcome outcome : Outcome.values()) {
      probes.put(outcome.name().toLowerCase(Locale.ROOT), state.collector().count(outcome));
    }
    body.put("probes", probes);
    Map<String, Object> events = new LinkedHashMap<>();
    for (CollectorCounters.Event event : CollectorCounters.Event.values()) {
      events.put(event.name().toLowerCase(Locale.ROOT), state.collector().count(event));
    }
    body.put("events", events);
    Map<String, Object> reflected = new LinkedHashMap<>();
    for (Verdict verdict : Verdict.values()) {
      reflected.put(verdict.name().toLowerCase(Locale.ROOT), state.reflector().count(verdict));
    }
    reflected.put("overflow", state.reflector().overflows());
    body.put("reflected", reflected);
    return body;
  }

  private static Reply json(Map<String, Object> body) {
    return Reply.json(
        200,
        Map.of(),
        out -> ResultsJson.mapper().writerWithDefaultPrettyPrinter().writeValue(out, body));
  }
}
