package io.llamamesh.fabric.overlay;

import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message between overlays. All but {@link ShuffleReply} goes over the link between the two. */
public sealed interface OverlayMessage extends Message {

  /** Peers that one message may name. */
  int MAX_PEERS = 16;

  /** A newcomer asks its contact to be taken in. */
  record Join(FabricPeer joiner) implements OverlayMessage {}

  /**
   * Somebody is asked to be an active neighbour; urgent if the sender has no other, or if the two
   * seem to belong to parts of the mesh that are not connected.
   */
  record NeighborRequest(FabricPeer sender, boolean urgent) implements OverlayMessage {}

  /** Yes to {@link Join} or {@link NeighborRequest}: both are active neighbours now. */
  record Accept() implements OverlayMessage {}

  /** No to either; others who may have room. */
  record Deny(List<FabricPeer> others) implements OverlayMessage {
    public Deny {
      others = bounded(others);
    }
  }

  /** A newcomer on its random walk. */
  record ForwardJoin(FabricPeer joiner, int ttl) implements OverlayMessage {}

  /**
   * The receiver is not an active neighbour of the sender any more, on purpose.
   *
   * @param instead somebody who has room in its place
   */
  record Disconnect(@Nullable FabricPeer instead) implements OverlayMessage {}

  /** A sample of the sender's views on a random walk; the last on the way answers the origin. */
  record Shuffle(FabricPeer origin, List<FabricPeer> sample, int ttl) implements OverlayMessage {
    public Shuffle {
      sample = bounded(sample);
    }
  }

  /** The answer to a shuffle, as a datagram: the two need no link. */
  record ShuffleReply(List<FabricPeer> sample) implements OverlayMessage {
    public ShuffleReply {
      sample = bounded(sample);
    }
  }

  private static List<FabricPeer> bounded(List<FabricPeer> peers) {
    return List.copyOf(peers.size() > MAX_PEERS ? peers.subList(0, MAX_PEERS) : peers);
  }
}
