package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.llamamesh.crd.Names;
import io.llamamesh.kube.Controllers;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Pruner of watched objects: with thousands of nodes and pods the whole of them would fill the
 * heap.
 */
final class ObjectPruner {
  private ObjectPruner() {}

  /** A store that keeps what is left of an object by the given function. */
  static <T extends HasMetadata> BasicItemStore<T> store(UnaryOperator<T> prune) {
    return new Store<>(prune);
  }

  static Node node(Node node) {
    Node kept = new Node();
    kept.setMetadata(metadata(node.getMetadata()));
    Map<String, String> annotations = node.getMetadata().getAnnotations();
    String exclude = annotations == null ? null : annotations.get(Names.EXCLUDE_ANNOTATION);
    kept.getMetadata()
        .setAnnotations(exclude == null ? Map.of() : Map.of(Names.EXCLUDE_ANNOTATION, exclude));
    NodeSpec spec = new NodeSpec();
    if (node.getSpec() != null) {
      spec.setTaints(node.getSpec().getTaints());
    }
    kept.setSpec(spec);
    NodeStatus status = new NodeStatus();
    if (node.getStatus() != null) {
      status.setAddresses(node.getStatus().getAddresses());
      status.setConditions(
          node.getStatus().getConditions().stream()
              .filter(c -> "Ready".equals(c.getType()))
              .toList());
    }
    kept.setStatus(status);
    return kept;
  }

  static Pod pod(Pod pod) {
    Pod kept = new Pod();
    kept.setMetadata(metadata(pod.getMetadata()));
    kept.getMetadata().setCreationTimestamp(pod.getMetadata().getCreationTimestamp());
    kept.getMetadata().setOwnerReferences(Controllers.of(pod).stream().toList());
    PodSpec spec = new PodSpec();
    if (pod.getSpec() != null) {
      spec.setNodeName(pod.getSpec().getNodeName());
      spec.setContainers(pod.getSpec().getContainers().stream().map(ObjectPruner::ports).toList());
      spec.setVolumes(
          pod.getSpec().getVolumes().stream()
              .filter(volume -> Names.KEYS_VOLUME.equals(volume.getName()))
              .map(volume -> new VolumeBuilder().withName(Names.KEYS_VOLUME).build())
              .toList());
    }
    kept.setSpec(spec);
    PodStatus status = new PodStatus();
    if (pod.getStatus() != null) {
      status.setPhase(pod.getStatus().getPhase());
      status.setPodIP(pod.getStatus().getPodIP());
      status.setPodIPs(pod.getStatus().getPodIPs());
      status.setHostIP(pod.getStatus().getHostIP());
      status.setHostIPs(pod.getStatus().getHostIPs());
      status.setConditions(
          pod.getStatus().getConditions().stream()
              .filter(c -> "Ready".equals(c.getType()) || "PodScheduled".equals(c.getType()))
              .toList());
      status.setContainerStatuses(pod.getStatus().getContainerStatuses());
    }
    kept.setStatus(status);
    return kept;
  }

  private static Container ports(Container container) {
    Container kept = new Container();
    kept.setName(container.getName());
    kept.setPorts(container.getPorts());
    return kept;
  }

  private static ObjectMeta metadata(ObjectMeta metadata) {
    ObjectMeta kept = new ObjectMeta();
    kept.setName(metadata.getName());
    kept.setNamespace(metadata.getNamespace());
    kept.setUid(metadata.getUid());
    kept.setResourceVersion(metadata.getResourceVersion());
    kept.setDeletionTimestamp(metadata.getDeletionTimestamp());
    kept.setLabels(metadata.getLabels());
    return kept;
  }

  private static final class Store<T extends HasMetadata> extends BasicItemStore<T> {
    private final UnaryOperator<T> prune;

    Store(UnaryOperator<T> prune) {
      super(Cache::metaNamespaceKeyFunc);
      this.prune = prune;
    }

    @Override
    public @Nullable T put(String key, T value) {
      return super.put(key, prune.apply(value));
    }

    @Override
    public boolean isFullState() {
      return false;
    }
  }
}
