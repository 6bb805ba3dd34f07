package io.llamamesh.agent.http;

import io.llamamesh.agent.auth.PairKeyStatus;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.reflector.Disposition;
import io.llamamesh.agent.store.WindowPush;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.PathFacts;
import io.llamamesh.agent.window.Tally;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.results.IpText;
import io.llamamesh.results.ResultsJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** API of the agent's state: {@code /status}, {@code /healthz}, {@code /readyz}. */
final class StateApi {

  private static final int MAX_PATHS = 1000;

  private final AgentState state;

  StateApi(AgentState state) {
    this.state = state;
  }

  /** LLAMA's {@code ok}, or everything with {@code ?verbose}. */
  Reply status(Query query) throws RequestException {
    query.allowOnly(Set.of("verbose"));
    return query.get("verbose").isPresent() ? json(200, verbose()) : Reply.text(200, "ok");
  }

  Reply healthz(Query query) throws RequestException {
    query.allowOnly(Set.of());
    return Reply.text(200, "ok");
  }

  /** Readiness: the reflector is bound before this API, so only a missing address makes it fail. */
  Reply readyz(Query query) throws RequestException {
    query.allowOnly(Set.of());
    Map<String, Object> body = new LinkedHashMap<>();
    String unready = state.unreadyReason().get();
    body.put("ready", unready == null);
    if (unready != null) {
      body.put("reason", unready);
    }
    body.put("config", config());
    Supplier<PairKeyStatus> pairKeys = state.pairKeys();
    if (pairKeys != null) {
      body.put("keys", keys(pairKeys.get()));
    }
    return json(unready == null ? 200 : 503, body);
  }

  private static Map<String, Object> keys(PairKeyStatus status) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("node", status.hasKeys());
    keys.put("signing", status.wanted() ? "pair" : "mesh");
    keys.put("senders", status.senderKeys());
    keys.put("targetsByPair", status.provenTargets());
    keys.put("targets", status.namedTargets());
    return keys;
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
    if (state.configWatch() != null) {
      config.put("watchAgeSeconds", Math.round(state.configWatch().ageSeconds()));
    }
    config.put("ignoredKeys", now.ignored());
    config.put("skippedTargets", now.skipped());
    return config;
  }

  private Map<String, Object> verbose() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("network", state.network());
    body.put("reflector", state.reflectorAddresses().get());
    body.put("receiveBufferBytes", state.receiveBufferBytes().getAsInt());
    body.put("flows", state.flows().getAsInt());
    body.put("missingFlows", state.collector().missingFlows());
    Map<String, Object> peerStates = new LinkedHashMap<>();
    for (PeerState peerState : PeerState.values()) {
      peerStates.put(peerState.name().toLowerCase(Locale.ROOT), state.collector().peers(peerState));
    }
    body.put("peerStates", peerStates);
    String complaint = state.authProblem().get();
    if (complaint != null) {
      body.put("authFilesNotUsable", complaint);
    }
    body.put("fabric", fabric());
    body.put("windowsEvicted", state.archive().evicted());
    body.put("bootId", state.archive().bootId());
    body.put("windowsPublished", state.archive().published());
    body.put("windowsRetained", state.archive().size());
    WindowPush push = state.push();
    if (push != null) {
      body.put("push", push(push));
    }
    body.put("config", config());
    Map<String, Object> probes = new LinkedHashMap<>();
    for (Tally tally : Tally.all()) {
      probes.put(tally.label(), state.collector().count(tally));
    }
    body.put("probes", probes);
    Map<String, Object> events = new LinkedHashMap<>();
    for (CollectorCounters.Event event : CollectorCounters.Event.values()) {
      events.put(event.name().toLowerCase(Locale.ROOT), state.collector().count(event));
    }
    body.put("events", events);
    Map<String, Object> reflected = new LinkedHashMap<>();
    for (Disposition disposition : Disposition.values()) {
      reflected.put(
          disposition.name().toLowerCase(Locale.ROOT), state.reflector().count(disposition));
    }
    reflected.put("overflow", state.reflector().overflows());
    reflected.put("stalled", state.reflector().stalled());
    reflected.put("checksum", state.reflector().checksums());
    reflected.put("replayed", state.reflector().replayed());
    reflected.put("notByPair", state.reflector().notByPair());
    body.put("reflected", reflected);
    body.put("networkErrors", reasons(PeerError.values(), state.collector()::count));
    body.put("sendErrors", reasons(SendResult.values(), state.collector()::count));
    body.put("peers", state.peerStatuses().get().stream().map(StateApi::peer).toList());
    body.put("paths", paths());
    return body;
  }

  private static Map<String, Object> push(WindowPush push) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("url", push.server());
    shown.put("storedWindow", push.stored());
    shown.put("backlog", push.backlog());
    shown.put("givenUp", push.givenUp());
    String problem = push.problem();
    if (problem != null) {
      shown.put("problem", problem);
    }
    return shown;
  }

  private String fabric() {
    FabricNode node = state.fabric().get();
    if (node == null) {
      return "off";
    }
    String problem = node.problem();
    return problem == null ? "on, as " + node.self().name() : "cannot start: " + problem;
  }

  /** Counts by reason; zero counts are left out. */
  private static <E extends Enum<E>> Map<String, Object> reasons(E[] all, ToLongFunction<E> count) {
    Map<String, Object> reasons = new LinkedHashMap<>();
    for (E one : all) {
      if (count.applyAsLong(one) > 0) {
        reasons.put(one.name().toLowerCase(Locale.ROOT), count.applyAsLong(one));
      }
    }
    return reasons;
  }

  /** Status of a peer with a problem. */
  private static Map<String, Object> peer(PeerStatus note) {
    Map<String, Object> peer = new LinkedHashMap<>();
    peer.put("address", IpText.of(note.peer().getAddress()));
    peer.put("port", note.peer().getPort());
    peer.put("state", note.state().name().toLowerCase(Locale.ROOT));
    if (note.lastError() != null) {
      peer.put("lastError", note.lastError().name().toLowerCase(Locale.ROOT));
    }
    if (note.pathMtu() != 0) {
      peer.put("pathMtu", note.pathMtu());
    }
    return peer;
  }

  /** Pairs of the newest window whose packets are rewritten or too long for the path. */
  private List<Map<String, Object>> paths() {
    return state.archive().newest().stream()
        .flatMap(window -> window.pairs().stream())
        .filter(pair -> !pair.facts().equals(PathFacts.NONE))
        .limit(MAX_PATHS)
        .map(StateApi::path)
        .toList();
  }

  private static Map<String, Object> path(PairResult pair) {
    PathFacts facts = pair.facts();
    Map<String, Object> path = new LinkedHashMap<>();
    path.put("tags", pair.tags());
    path.put("dscpRewritten", pair.count(Mark.DSCP_REWRITTEN));
    if (facts.dscpForward() >= 0) {
      path.put("dscpForward", facts.dscpForward());
    }
    if (facts.dscpReturn() >= 0) {
      path.put("dscpReturn", facts.dscpReturn());
    }
    if (facts.mtu() != 0) {
      path.put("pathMtu", facts.mtu());
    }
    return path;
  }

  private static Reply json(int status, Map<String, Object> body) {
    return Reply.json(
        status,
        Map.of(),
        out -> {
          out.write(ResultsJson.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(body));
          out.write('\n'); // these are for people at a terminal
        });
  }
}
