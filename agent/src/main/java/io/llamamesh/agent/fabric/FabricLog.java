package io.llamamesh.agent.fabric;

import io.llamamesh.fabric.Notification;
import io.llamamesh.fabric.multicast.Delivery;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.transport.FabricNodeListener;
import io.llamamesh.fabric.transport.TransportEvent;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fabric's lines in the log; of a storm, one a second and how many were left out. Messages of
 * multicast go on to their subscribers. Any thread may call.
 */
final class FabricLog implements FabricNodeListener {

  private static final Logger LOG = LoggerFactory.getLogger(FabricLog.class);
  private static final long SECOND = 1_000_000_000L;
  private static final int BURST = 20;

  /** Reasons of failed dials that are normal while a peer is down. */
  private static final Set<TransportEvent> EXPECTED =
      EnumSet.of(
          TransportEvent.DIAL_REFUSED,
          TransportEvent.DIAL_FAILED,
          TransportEvent.HANDSHAKE_TIMEOUT,
          TransportEvent.CLOSED_BY_PEER,
          TransportEvent.BROKEN);

  private long secondBegan = System.nanoTime();
  private int written;
  private long leftOut;
  private String startProblem = "";
  private String storeProblem = "";
  private final Consumer<Delivery> subscribers;

  FabricLog(Consumer<Delivery> subscribers) {
    this.subscribers = subscribers;
  }

  private synchronized boolean mayWrite() {
    long seconds = (System.nanoTime() - secondBegan) / SECOND;
    if (seconds > 0) {
      written = (int) Math.max(0, written - seconds);
      secondBegan += seconds * SECOND;
    }
    if (written >= BURST) {
      leftOut++;
      return false;
    }
    written++;
    return true;
  }

  private synchronized long takeLeftOut() {
    long count = leftOut;
    leftOut = 0;
    return count;
  }

  @Override
  public void notified(Notification notification) {
    if (notification instanceof Notification.RoutesChanged || !mayWrite()) {
      return;
    }
    switch (notification) {
      case Notification.MemberChanged change ->
          LOG.info(
              "member state changed member={} incarnation={} from={} to={} suppressed={}",
              change.name(),
              change.incarnation(),
              change.before(),
              change.after(),
              takeLeftOut());
      case Notification.PartitionsChanged change ->
          LOG.info(
              "partitions changed blocks={} suppressed={}", change.partitions(), takeLeftOut());
      case Notification.FabricBlocked blocked ->
          LOG.warn(
              "member is up without a link member={} blocked={} suppressed={}",
              blocked.name(),
              blocked.isBlocked(),
              takeLeftOut());
      case Notification.WrongIdentity wrong ->
          LOG.warn(
              "another node answers at a member's address member={} found={} address={} suppressed={}",
              wrong.expected(),
              wrong.found(),
              wrong.address(),
              takeLeftOut());
      case Notification.Reincarnated life ->
          LOG.warn(
              "incarnation raised, others know a greater one incarnation={}", life.incarnation());
      case Notification.LeavingKnown _ -> LOG.info("leave acknowledged");
      case Notification.RoutesChanged _ -> {}
    }
  }

  @Override
  public void linkDown(FabricPeer peer, TransportEvent reason) {
    if (mayWrite()) {
      LOG.info("link down peer={} reason={} suppressed={}", peer.name(), reason, takeLeftOut());
    }
  }

  @Override
  public void dialFailed(FabricPeer peer, TransportEvent reason) {
    if (EXPECTED.contains(reason)) {
      LOG.debug("dial failed peer={} reason={}", peer.name(), reason);
    } else if (mayWrite()) {
      LOG.warn(
          "dial failed peer={} address={} reason={} suppressed={}",
          peer.name(),
          peer.address(),
          reason,
          takeLeftOut());
    }
  }

  @Override
  public void cannotStart(String reason) {
    if (!reason.equals(startProblem)) {
      startProblem = reason;
      LOG.warn("fabric cannot start, retrying each second error={}", reason);
    }
  }

  @Override
  public void delivered(Delivery delivery) {
    subscribers.accept(delivery);
  }

  @Override
  public void storeUnavailable(String reason) {
    if (!reason.equals(storeProblem)) {
      storeProblem = reason;
      LOG.warn("replicated store cannot be opened, retrying each second error={}", reason);
    }
  }

  @Override
  public void storeRebuilt() {
    storeProblem = "";
    LOG.warn("replicated store was damaged while it was in use, made anew from memory");
  }

  @Override
  public void started(long incarnation) {
    startProblem = "";
    LOG.info("fabric started incarnation={}", incarnation);
  }

  @Override
  public void failed(Throwable cause) {
    if (mayWrite()) {
      LOG.error("fabric event handler failed suppressed={}", takeLeftOut(), cause);
    }
  }
}
