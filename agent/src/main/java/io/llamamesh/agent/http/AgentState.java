package io.llamamesh.agent.http;

import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerNote;
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
 * @param bound addresses of the reflector, empty when there is none
 * @param receiveBufferBytes of the reflector
 * @param unready why the agent cannot do its work here; null when it can
 * @param flows how many flows probe now
 * @param notes peers that are not simply well
 * @param configWatch the watch of the config; null where the config comes from a file
 * @param authComplaint why the newest keys and tokens are not in use; null when they are
 * @param fabric this agent's node of the fabric; null while that is off
 * @param us tags that name this agent as a destination
 */
public record AgentState(
    String network,
    Supplier<List<String>> bound,
    IntSupplier receiveBufferBytes,
    Supplier<@Nullable String> unready,
    IntSupplier flows,
    Supplier<List<PeerNote>> notes,
    Supplier<ConfigState> config,
    @Nullable WatchContact configWatch,
    Supplier<@Nullable String> authComplaint,
    Supplier<@Nullable FabricNode> fabric,
    Supplier<Map<String, String>> us,
    WindowArchive archive,
    CollectorCounters collector,
    ReflectorCounters reflector) {}
