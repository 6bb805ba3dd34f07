package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.Member;
import io.llamamesh.fabric.MemberState;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * Numbers of a fabric at one moment, for metrics; counts are since the node's start.
 *
 * @param members how many are held for each state
 * @param partitions how many blocks of nodes cannot reach each other
 * @param neighbors the active view
 * @param passive the passive view
 * @param links connections that are up
 * @param joinsTaken newcomers that were taken in
 * @param joinsDenied newcomers that were sent on, for their rate or want of room
 * @param viewChanges changes of the active view
 * @param adsPublished ads of this node's own
 * @param adsReceived ads of others that were news
 * @param adsDuplicate ads of others that were known
 * @param unchecked checks that were not made since too many were going on
 * @param foreignAnswers answers that came from another identity than was asked
 * @param stalls times that this process stood still
 */
public record FabricStatistics(
    Map<MemberState, Integer> members,
    int partitions,
    int neighbors,
    int passive,
    int links,
    long joinsTaken,
    long joinsDenied,
    long viewChanges,
    long adsPublished,
    long adsReceived,
    long adsDuplicate,
    long unchecked,
    long foreignAnswers,
    long stalls) {

  /** Copies the map. */
  public FabricStatistics {
    members = Collections.unmodifiableMap(new EnumMap<>(members));
  }

  static FabricStatistics of(Fabric fabric, int links) {
    Map<MemberState, Integer> members = new EnumMap<>(MemberState.class);
    for (MemberState state : MemberState.values()) {
      members.put(state, 0);
    }
    for (Member member : fabric.members()) {
      members.merge(member.state(), 1, Integer::sum);
    }
    return new FabricStatistics(
        members,
        fabric.partitions().size(),
        fabric.overlay().degree(),
        fabric.overlay().passiveSize(),
        links,
        fabric.overlay().joinsTaken(),
        fabric.overlay().joinsDenied(),
        fabric.overlay().viewChanges(),
        fabric.linkState().adsPublished(),
        fabric.linkState().adsReceived(),
        fabric.linkState().adsDuplicate(),
        fabric.detector().uncheckedForLimit(),
        fabric.detector().foreignAnswers(),
        fabric.stallCount());
  }
}
