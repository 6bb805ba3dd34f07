package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.api.config.informer.InformerConfiguration;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;
import io.javaoperatorsdk.operator.processing.event.source.PrimaryToSecondaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A watch that keeps what is left of each object, with a store for each namespace: an informer
 * drops from its store what is not in its own list, so that those of two namespaces must not share
 * one.
 *
 * @param given the watch as it is without
 * @param config the same with the stores
 */
record PrunedInformers<T extends HasMetadata>(
    InformerEventSourceConfiguration<T> given, InformerConfiguration<T> config)
    implements InformerEventSourceConfiguration<T> {

  static <T extends HasMetadata> InformerEventSourceConfiguration<T> of(
      InformerEventSourceConfiguration<T> given, UnaryOperator<T> prune) {
    return new PrunedInformers<>(given, new Stores<>(given.getInformerConfig(), prune));
  }

  @Override
  public InformerConfiguration<T> getInformerConfig() {
    return config;
  }

  @Override
  public SecondaryToPrimaryMapper<T> getSecondaryToPrimaryMapper() {
    return given.getSecondaryToPrimaryMapper();
  }

  @Override
  public <P extends HasMetadata> PrimaryToSecondaryMapper<P> getPrimaryToSecondaryMapper() {
    return given.getPrimaryToSecondaryMapper();
  }

  @Override
  public Optional<GroupVersionKind> getGroupVersionKind() {
    return given.getGroupVersionKind();
  }

  private static final class Stores<T extends HasMetadata> extends InformerConfiguration<T> {
    private final UnaryOperator<T> prune;

    Stores(InformerConfiguration<T> given, UnaryOperator<T> prune) {
      super(
          given.getResourceClass(),
          given.getName(),
          given.getNamespaces(),
          given.getFollowControllerNamespaceChanges(),
          given.getLabelSelector(),
          given.getOnAddFilter(),
          given.getOnUpdateFilter(),
          given.getOnDeleteFilter(),
          given.getGenericFilter(),
          null,
          given.getInformerListLimit(),
          given.getFieldSelector());
      this.prune = prune;
    }

    /** Asked for once by each informer. */
    @Override
    public ItemStore<T> getItemStore() {
      return ObjectPruner.store(prune);
    }
  }
}
