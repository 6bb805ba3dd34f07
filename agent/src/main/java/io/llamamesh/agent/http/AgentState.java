package io.llamamesh.agent.http;

import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.WindowArchive;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.fabric.transport.FabricNode;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the API tells about the agent; everything here may be read by any thread.
 *
 * @param network what kind of sockets is live, for people
 * @param reflectorAddresses addresses of the reflector, empty when there is none
 * @param receiveBufferBytes of the reflector
 * @param unreadyReason why the agent cannot do its work here; null when it can
 * @param flows how many flows probe now
 * @param peerStatuses peers that are not simply well
 * @param configWatch the watch of the config; null where the config comes from a file
 * @param authProblem why the newest keys and tokens are not in use; null when they are
 * @param fabric this agent's node of the fabric; null while that is off
 * @param destinationTags tags that name this agent as a destination
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
    Supplier<Map<String, String>> destinationTags,
    WindowArchive archive,
    CollectorCounters collector,
    ReflectorCounters reflector) {}
