package io.llamamesh.operator.keys;

import io.llamamesh.auth.KeyRing;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.keys.NodeKeys;
import io.llamamesh.keys.ReaderKeys;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Decision of who may have which keys, and these keys. Pure. */
final class KeyIssuer {
  private KeyIssuer() {}

  /** Nobody may have anything by that token. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }
  }

  /**
   * The document that a pod may have: {@link NodeKeys} of an agent, {@link ReaderKeys} of a
   * scraper.
   *
   * @param token as the API server reviewed it
   * @throws RefusedException where it is no live pod of this mesh, with the reason for people
   */
  static byte[] issue(MeshKeyMaterial mesh, ReviewedToken token, Instant now)
      throws RefusedException {
    if (token.pod() == null || token.podUid() == null) {
      throw new RefusedException("the token is bound to no pod");
    }
    List<PodIdentity> pods = mesh.pods().get();
    PodIdentity pod = pod(pods, token);
    String account = "system:serviceaccount:" + mesh.namespace() + ":";
    if (pod.component() == Component.AGENT
        && token.user().equals(account + Names.agent(mesh.name()))) {
      return ofNode(mesh, node(mesh, pod, token), now).toJson();
    }
    if (pod.component() == Component.SCRAPER
        && token.user().equals(account + Names.scraper(mesh.name()))) {
      return ofReader(mesh, pods, now).toJson();
    }
    throw new RefusedException(
        "pod " + pod.name() + " of " + token.user() + " is neither agent nor scraper of the mesh");
  }

  private static PodIdentity pod(List<PodIdentity> pods, ReviewedToken token)
      throws RefusedException {
    for (PodIdentity pod : pods) {
      if (pod.name().equals(token.pod()) && pod.uid().equals(token.podUid())) {
        if (pod.live()) {
          return pod;
        }
        throw new RefusedException("pod " + token.pod() + " has ended, or is about to");
      }
    }
    throw new RefusedException("pod " + token.pod() + " is none of the mesh, or not seen yet");
  }

  private static String node(MeshKeyMaterial mesh, PodIdentity pod, ReviewedToken token)
      throws RefusedException {
    String node = pod.node();
    if (node == null || !node.equals(token.node())) {
      throw new RefusedException(
          "pod " + pod.name() + " is on " + node + ", and its token names " + token.node());
    }
    if (!mesh.generations().containsKey(node)) {
      throw new RefusedException("node " + node + " is none of the mesh, or not yet");
    }
    return node;
  }

  private static NodeKeys ofNode(MeshKeyMaterial mesh, String node, Instant now) {
    SortedMap<String, List<KeyRing.Entry>> pairs = new TreeMap<>();
    String generation = Objects.requireNonNull(mesh.generations().get(node));
    for (String target : mesh.targets().apply(node)) {
      String other = mesh.generations().get(target);
      if (other != null && !target.equals(node)) {
        pairs.put(
            target,
            entries(
                mesh,
                now,
                master ->
                    KeyDerivation.pair(
                        KeyDerivation.node(master, mesh.uid(), target, other), node, generation)));
      }
    }
    return new NodeKeys(
        mesh.uid(),
        node,
        mesh.revision(),
        entries(mesh, now, master -> KeyDerivation.node(master, mesh.uid(), node, generation)),
        pairs,
        senders(mesh, node));
  }

  private static SortedMap<String, NodeKeys.Sender> senders(MeshKeyMaterial mesh, String node) {
    SortedMap<String, NodeKeys.Sender> senders = new TreeMap<>();
    mesh.senders()
        .apply(node)
        .forEach((sender, addresses) -> {
          String generation = mesh.generations().get(sender);
          if (generation != null && !sender.equals(node)) {
            senders.put(sender, new NodeKeys.Sender(generation, addresses));
          }
        });
    return senders;
  }

  private static ReaderKeys ofReader(MeshKeyMaterial mesh, List<PodIdentity> pods, Instant now) {
    Set<String> byMeshToken = new HashSet<>();
    for (PodIdentity pod : pods) {
      if (pod.component() == Component.AGENT && pod.node() != null && !pod.hasNodeKeys()) {
        byMeshToken.add(pod.node());
      }
    }
    List<ReaderKeys.NodeTokens> nodes = new ArrayList<>();
    for (Map.Entry<String, String> node : mesh.generations().entrySet()) {
      List<KeyRing.Entry> reads = new ArrayList<>();
      List<String> posts = new ArrayList<>();
      for (KeyRing.Entry master : mesh.masters().entries()) {
        if (master.isAccepted(now)) {
          byte[] key =
              KeyDerivation.node(secret(master), mesh.uid(), node.getKey(), node.getValue());
          reads.add(with(master, KeyDerivation.readToken(key)));
          posts.add(KeyDerivation.hash(KeyDerivation.postToken(key)));
        }
      }
      nodes.add(
          new ReaderKeys.NodeTokens(
              node.getKey(), reads, posts, byMeshToken.contains(node.getKey())));
    }
    return new ReaderKeys(mesh.uid(), nodes);
  }

  private static List<KeyRing.Entry> entries(
      MeshKeyMaterial mesh, Instant now, UnaryOperator<byte[]> derived) {
    List<KeyRing.Entry> entries = new ArrayList<>();
    for (KeyRing.Entry master : mesh.masters().entries()) {
      if (master.isAccepted(now)) {
        entries.add(
            with(master, Base64.getEncoder().encodeToString(derived.apply(secret(master)))));
      }
    }
    return entries;
  }

  private static KeyRing.Entry with(KeyRing.Entry master, String key) {
    return new KeyRing.Entry(master.id(), key, master.signFrom(), master.acceptUntil());
  }

  private static byte[] secret(KeyRing.Entry master) {
    return Base64.getDecoder().decode(master.key());
  }
}
