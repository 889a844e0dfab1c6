// Package kerniagrpc lets a gRPC server ask Kernia who calls, and offers signing up, in and out as a gRPC service.
//
// [UnaryInterceptor] and [StreamInterceptor] refuse every call of nobody, unless [Options] say otherwise; a handler
// learns from [Session] who calls. [Status] turns errors into gRPC's. [Register] adds the service.
package kerniagrpc
