package io.llamamesh.agent.http;

import io.llamamesh.agent.auth.PairKeyStatus;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.store.WindowPush;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.fabric.transport.FabricNode;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * State of the agent as the API reports it; readable by any thread.
 *
 * @param network kind of sockets in use, for people
 * @param reflectorAddresses addresses of the reflector, empty when there is none
 * @param receiveBufferBytes of the reflector
 * @param unreadyReason reason why the agent cannot work here; null when it can
 * @param flows number of flows that probe now
 * @param peerStatuses statuses of peers with a problem
 * @param configWatch contact with the source of the config; null where that is a file
 * @param authProblem reason why the newest keys and tokens are not in use; null when they are
 * @param fabric this agent's node of the fabric; null while that is off
 * @param services store and multicast of the fabric, for the API
 * @param destinationTags tags that name this agent as a destination
 * @param push what posts its windows; null where it is polled
 * @param pairKeys state of the keys of pairs; null where this node has no keys of its own
 */
public record AgentState(
    String network,
    Supplier<List<String>> reflectorAddresses,
    IntSupplier receiveBufferBytes,
    Supplier<@Nullable String> unreadyReason,
    IntSupplier flows,
    Supplier<List<PeerStatus>> peerStatuses,
    Supplier<ConfigState> config,
    @Nullable WatchContact configWatch,
    Supplier<@Nullable String> authProblem,
    Supplier<@Nullable FabricNode> fabric,
    FabricServices services,
    Supplier<Map<String, String>> destinationTags,
    WindowArchive archive,
    CollectorCounters collector,
    ReflectorCounters reflector,
    @Nullable WindowPush push,
    @Nullable Supplier<PairKeyStatus> pairKeys) {

  /** The state of an agent whose node has no keys of its own. */
  public AgentState(
      String network,
      Supplier<List<String>> reflectorAddresses,
      IntSupplier receiveBufferBytes,
      Supplier<@Nullable String> unreadyReason,
      IntSupplier flows,
      Supplier<List<PeerStatus>> peerStatuses,
      Supplier<ConfigState> config,
      @Nullable WatchContact configWatch,
      Supplier<@Nullable String> authProblem,
      Supplier<@Nullable FabricNode> fabric,
      FabricServices services,
      Supplier<Map<String, String>> destinationTags,
      WindowArchive archive,
      CollectorCounters collector,
      ReflectorCounters reflector,
      @Nullable WindowPush push) {
    this(
        network,
        reflectorAddresses,
        receiveBufferBytes,
        unreadyReason,
        flows,
        peerStatuses,
        config,
        configWatch,
        authProblem,
        fabric,
        services,
        destinationTags,
        archive,
        collector,
        reflector,
        push,
        null);
  }
}
