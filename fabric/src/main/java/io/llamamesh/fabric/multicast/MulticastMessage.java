package io.llamamesh.fabric.multicast;

import io.llamamesh.fabric.codec.ByteReader;
import io.llamamesh.fabric.codec.ByteWriter;
import io.llamamesh.fabric.codec.CodecException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * One copy of a message on its way.
 *
 * @param id its name
 * @param tree which of its trees it is on, from 0
 * @param root the node that the tree is rooted at
 * @param topic what it is about
 * @param payload what was sent
 * @param ttl hops left
 * @param hops hops taken when it arrives
 * @param onlyNodes those that it is for on this branch, empty for all
 * @param loop true when the sender wants it, too
 * @param once true when each node delivers one copy only
 * @param recordRoute true when the nodes that it came by are wanted
 * @param route these nodes, sender first; empty when they are not wanted
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
record MulticastMessage(
    MessageId id,
    int tree,
    String root,
    String topic,
    byte[] payload,
    int ttl,
    int hops,
    Set<String> onlyNodes,
    boolean loop,
    boolean once,
    boolean recordRoute,
    List<String> route) {

  static final int MAX_PAYLOAD_BYTES = 64 << 10;
  static final int MAX_TOPIC_BYTES = 255;
  static final int MAX_ONLY_NODES = 8_192;

  private static final int VERSION = 1;
  private static final int MAX_NAME_BYTES = 255;
  private static final int LOOP = 1;
  private static final int ONCE = 2;
  private static final int RECORD_ROUTE = 4;

  MulticastMessage {
    onlyNodes = Set.copyOf(onlyNodes);
    route = List.copyOf(route);
  }

  /** True when a node is among those that it is for. */
  boolean isFor(String node) {
    return onlyNodes.isEmpty() || onlyNodes.contains(node);
  }

  /** The copy that this node sends to a child. */
  MulticastMessage next(String self, Set<String> onlyNodesThere) {
    List<String> longer = new ArrayList<>(route);
    if (recordRoute) {
      longer.add(self);
    }
    return new MulticastMessage(
        id,
        tree,
        root,
        topic,
        payload,
        ttl - 1,
        hops + 1,
        onlyNodesThere,
        loop,
        once,
        recordRoute,
        longer);
  }

  byte[] encode() {
    ByteWriter out = new ByteWriter();
    out.writeByte(VERSION);
    out.writeByte((loop ? LOOP : 0) | (once ? ONCE : 0) | (recordRoute ? RECORD_ROUTE : 0));
    out.writeText(id.origin());
    out.writeVarint(id.life());
    out.writeVarint(id.sequence());
    out.writeByte(tree);
    out.writeText(root);
    out.writeByte(ttl);
    out.writeByte(hops);
    out.writeText(topic);
    out.writeVarint(onlyNodes.size());
    new TreeSet<>(onlyNodes).forEach(out::writeText);
    out.writeVarint(route.size());
    route.forEach(out::writeText);
    out.writeBytes(payload);
    return out.toBytes();
  }

  static MulticastMessage decode(byte[] bytes) throws CodecException {
    ByteReader in = new ByteReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new CodecException("multicast of version " + version + ", known is " + VERSION);
    }
    int flags = in.readByte();
    if (flags > (LOOP | ONCE | RECORD_ROUTE)) {
      throw new CodecException("unknown flags " + flags);
    }
    MessageId id = new MessageId(name(in), in.readVarint(1L << 53), in.readVarint(1L << 53));
    if (id.life() == 0 || id.sequence() == 0) {
      throw new CodecException("message without a number");
    }
    int tree = (int) in.readVarint(MulticastOptions.MAX_FANOUT - 1);
    String root = name(in);
    int ttl = (int) in.readVarint(MulticastOptions.MAX_TTL);
    int hops = (int) in.readVarint(MulticastOptions.MAX_TTL);
    if (hops == 0 || ttl + hops > MulticastOptions.MAX_TTL) {
      throw new CodecException("more hops than allowed, or none");
    }
    String topic = in.readText(MAX_TOPIC_BYTES);
    List<String> onlyNodes = names(in, MAX_ONLY_NODES);
    List<String> route = names(in, MulticastOptions.MAX_TTL);
    boolean recordRoute = (flags & RECORD_ROUTE) != 0;
    if (route.size() != (recordRoute ? hops : 0)) {
      throw new CodecException("route of another length than the hops taken");
    }
    byte[] payload = in.readBytes(MAX_PAYLOAD_BYTES);
    in.expectEnd();
    return new MulticastMessage(
        id,
        tree,
        root,
        topic,
        payload,
        ttl,
        hops,
        new TreeSet<>(onlyNodes),
        (flags & LOOP) != 0,
        (flags & ONCE) != 0,
        recordRoute,
        route);
  }

  private static List<String> names(ByteReader in, int max) throws CodecException {
    List<String> names = new ArrayList<>();
    int count = in.readCount(max);
    for (int i = 0; i < count; i++) {
      names.add(name(in));
    }
    return names;
  }

  private static String name(ByteReader in) throws CodecException {
    String name = in.readText(MAX_NAME_BYTES);
    if (name.isEmpty()) {
      throw new CodecException("node without a name");
    }
    return name;
  }
}
