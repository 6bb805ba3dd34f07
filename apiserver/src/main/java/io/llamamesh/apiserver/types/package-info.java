/**
 * The resources that are served, built in and custom; imports {@code json} and {@code rules} only.
 */
@NullMarked
package io.llamamesh.apiserver.types;

import org.jspecify.annotations.NullMarked;
