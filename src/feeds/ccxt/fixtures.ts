/** Frames of our own making, as K2's adapter writes what ccxt tells. */
const HEAD = '{"ccxt":"4.5.84","exchange":"bitfinex"';
/** The exchange's numbers are texts: they are exact. */
export const EXACT_TRADES: string = `${HEAD},"method":"watchTrades","channel":"trades","symbol":"BTC/USDT","contract":false,"result":[{"id":"4711","info":{"t":4711,"p":"85012.30","q":"0.00412306","T":1763712000346},"timestamp":1763712000346,"datetime":"2025-11-21T08:00:00.346Z","symbol":"BTC/USDT","side":"buy","price":"85012.3","amount":"0.00412306","cost":"350.51"},{"id":"4712","info":["te",["4712",1763712000400,"-0.5","85012.2"]],"timestamp":1763712000400,"symbol":"BTC/USDT","side":"sell","price":"85012.2","amount":"0.5"}]}`;
/** They are JSON numbers, which went through doubles. */
export const INEXACT_TRADE: string = `${HEAD},"method":"watchTrades","channel":"trades","symbol":"BTC/USDT","contract":false,"result":[{"id":"4713","info":{"price":85012.3,"qty":0.5},"timestamp":1763712000500,"symbol":"BTC/USDT","side":"buy","price":"85012.3","amount":"0.5"}]}`;
/** Two without an id, alike but for their place. */
export const NAMELESS_TRADES: string = `${HEAD},"method":"fetchTrades","channel":"fetched-trades","symbol":"BTC/USDT:USDT","contract":true,"result":[{"info":{"p":"85012","v":"3"},"timestamp":1763712000600,"symbol":"BTC/USDT:USDT","price":"85012","amount":"3"},{"info":{"p":"85012","v":"3"},"timestamp":1763712000600,"symbol":"BTC/USDT:USDT","price":"85012","amount":"3"}]}`;
export const BOOK: string = `${HEAD},"method":"watchOrderBook","channel":"order-book","symbol":"BTC/USDT","contract":false,"result":{"bids":[[85012.3,0.5],[85012,1e-7]],"asks":[[85012.4,2]],"timestamp":1763712000700,"nonce":99}}`;
export const BOOK_UNTIMED: string = `${HEAD},"method":"watchOrderBook","channel":"order-book","symbol":"BTC/USDT","contract":false,"result":{"bids":[[85012.3,0.5]],"asks":[]}}`;
export const SUBSCRIBED: string = `${HEAD},"subscribed":"trades","symbol":"BTC/USDT"}`;
export const REFUSED: string = `${HEAD},"refused":"trades","symbol":"BTC/NOPE","reason":"BadSymbol: bitfinex does not have market symbol BTC/NOPE"}`;
