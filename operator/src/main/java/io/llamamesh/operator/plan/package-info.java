/**
 * The plan of a mesh: facts in, members, peers and collector configs out; pure, imports neither the
 * Kubernetes client nor JOSDK, no clock, no log.
 */
@NullMarked
package io.llamamesh.operator.plan;

import org.jspecify.annotations.NullMarked;
