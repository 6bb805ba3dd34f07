package io.llamamesh.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The agents' pods: placement, image and resources of the DaemonSet. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Agent(
    @JsonPropertyDescription("Image of the agents. Absent: the operator's own release.")
        @Size(min = 1, max = 512)
        @Nullable String image,
    @JsonPropertyDescription("When the image is pulled.") @Nullable ImagePullPolicy imagePullPolicy,
    @JsonPropertyDescription(
            "Requests and limits, entry by entry over the default: requests of 20m CPU, 128Mi memory and 64Mi ephemeral-storage, limits of 192Mi memory and 1280Mi ephemeral-storage, no CPU limit, since throttling would be measured. A limit of 0 is none; {} is neither requests nor limits.")
        @Nullable ResourceRequirements resources,
    @JsonPropertyDescription(
            "Nodes that carry an agent, beside kubernetes.io/os=linux. Groups choose members among them.")
        @Size(max = 32)
        @Nullable Map<String, String> nodeSelector,
    @JsonPropertyDescription(
            "Taints that agents tolerate. Absent: all, so that every node is measured.")
        @Size(max = 64)
        @Nullable List<Toleration> tolerations,
    @JsonPropertyDescription("Priority class of the agents' pods.") @Size(max = 253)
        @Nullable String priorityClassName,
    @JsonPropertyDescription("Agents that a rolling update may stop at once, a number or a share.")
        @Default(MeshDefaults.MAX_UNAVAILABLE)
        @Nullable IntOrString maxUnavailable) {

  /** Kubernetes' image pull policies. */
  @SuppressWarnings("EnumOrdinal")
  public enum ImagePullPolicy {
    Always,
    IfNotPresent,
    Never
  }
}
